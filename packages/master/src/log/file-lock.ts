import { DatabaseSync } from 'node:sqlite';

/**
 * Keeps a second process away from what the file stands for. The lock is the operating system's, through an empty SQLite
 * database: it goes with the process, however that ends.
 */
export class FileLock {
  readonly #db: DatabaseSync;

  /** Throws when another process, or another lock of this one, holds it. */
  constructor(path: string) {
    this.#db = new DatabaseSync(path, { timeout: 0 });
    try {
      this.#db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    } catch (error) {
      this.#db.close();
      throw new Error(`another process has it open: ${path}`, { cause: error });
    }
  }

  /** Safe twice. */
  release(): void {
    if (this.#db.isOpen) this.#db.close();
  }
}
