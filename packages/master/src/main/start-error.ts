/** Why the Master cannot start. The message says what to do next; it is shown without a stack. */
export class StartError extends Error {}

/** The same for errors that rooms and the system throw. */
export function toStartError(error: unknown, where: { readonly dataDir: string; readonly port: number }): unknown {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (message.startsWith('another process has it open')) {
    return new StartError(
      `another Master uses the data folder ${where.dataDir}. Stop it, or give this one its own with HISCRM_DATA_DIR.`,
    );
  }
  if (code === 'EADDRINUSE') {
    return new StartError(`port ${where.port} is in use. Stop what holds it, or choose another one: --port 3001.`);
  }
  if (code === 'EACCES' && 'syscall' in Object(error) && Object(error).syscall === 'listen') {
    return new StartError(`port ${where.port} needs more rights. Choose one above 1023: --port 3000.`);
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new StartError(
      `the data folder ${where.dataDir} cannot be written: ${message}. Give this user the right to.`,
    );
  }
  if (code === 'ENOSPC') return new StartError(`the disk of ${where.dataDir} is full. Make room, then start again.`);
  if (message.includes('start the newer program'))
    return new StartError(`${message}, or restore the backup made before.`);
  if (code !== undefined && 'path' in Object(error) && String(Object(error).path).startsWith(where.dataDir)) {
    return new StartError(
      `the data folder ${where.dataDir} cannot be used: ${message}. Set HISCRM_DATA_DIR to another.`,
    );
  }
  return error;
}
