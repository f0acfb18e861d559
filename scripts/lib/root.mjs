import { fileURLToPath } from 'node:url';

/** Absolute path of the repository, without a trailing slash; every script works from there whatever the caller's directory. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
