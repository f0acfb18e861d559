import type { DatabaseSync } from 'node:sqlite';

/** One step of the schema. A released step is never edited: a change is another step. */
export type Migration = {
  readonly version: number;
  readonly statements: readonly string[];
  /** Moves what is stored into the new tables, after the statements and in their transaction. */
  readonly move?: (db: DatabaseSync) => void;
};
