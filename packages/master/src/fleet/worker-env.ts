/**
 * Settings of a local Worker that an administrator may change through the network. What names a program, a folder or a
 * secret is not among them: whoever may change such a thing may run anything on this machine.
 */
export const ALLOWED_WORKER_ENV = [
  'HISCRM_WORKER_NAME',
  'HISCRM_MAX_ACCOUNTS',
  'HISCRM_HEADLESS',
  'HISCRM_PACE',
  'HISCRM_OUTBOX_LIMIT_BYTES',
  'HISCRM_SYNC_STATE_MS',
  'HISCRM_SYNC_WORKS_MS',
  'HISCRM_SYNC_FULL_MS',
  'LOG_LEVEL',
] as const;
const ALLOWED: ReadonlySet<string> = new Set(ALLOWED_WORKER_ENV);

/** Whether the setting may be changed through the network. */
export const isAllowedWorkerEnv = (name: string): boolean => ALLOWED.has(name);

/** The settings without those that may not be changed so. */
export const keepOnlyAllowed = (env: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => isAllowedWorkerEnv(name)));
