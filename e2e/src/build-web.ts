import { pathToFileURL } from 'node:url';
import { repositoryFile, runToEnd } from './harness/child.ts';

/** Vite builds the bundle in seconds; an unchanged one costs nothing. */
const BUILD_DEADLINE_MS = 300_000;

/** The PC client as `npm start` would serve it. */
export async function buildWeb(): Promise<void> {
  const script = JSON.stringify(pathToFileURL(repositoryFile('scripts', 'lib', 'web-build.mjs')).href);
  const program = `const { buildWebIfStale } = await import(${script}); await buildWebIfStale(process.execPath);`;
  await runToEnd({ args: ['--input-type=module', '--eval', program] }, BUILD_DEADLINE_MS);
}
