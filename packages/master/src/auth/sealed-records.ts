import type { Logger } from '../lib/logger.ts';
import type { AdminRecordRow, RecordTables } from '../log/record-tables.ts';
import type { SecretBox } from './secret-box.ts';

/** Records of one kind: a whole list is shown on a page. */
export const RECORDS_LIMIT_COUNT = 1_000;

/** One record without its secret. */
export type KeptRecord<T> = { readonly id: string; readonly value: T; readonly hasSecret: boolean };

/** Records of one kind that administrators keep, each with one secret text that is sealed at rest. */
export class SealedRecords<T> {
  readonly #kind: string;
  readonly #tables: RecordTables;
  readonly #box: SecretBox;
  readonly #lc: Logger;

  /** `kind` also binds the secrets: one moved to a record of another kind does not open. */
  constructor(options: {
    readonly kind: string;
    readonly tables: RecordTables;
    readonly box: SecretBox;
    readonly lc: Logger;
  }) {
    this.#kind = options.kind;
    this.#tables = options.tables;
    this.#box = options.box;
    this.#lc = options.lc;
  }

  list(): readonly KeptRecord<T>[] {
    return this.#tables.list(this.#kind).map((row) => toRecord<T>(row));
  }

  get(id: string): KeptRecord<T> | undefined {
    const row = this.#tables.get(this.#kind, id);
    return row && toRecord<T>(row);
  }

  /** The secret, or undefined: there is none, or it cannot be opened with this key. */
  secretOf(id: string): string | undefined {
    const sealed = this.#tables.get(this.#kind, id)?.sealed;
    if (sealed === undefined || sealed === null) return undefined;
    const opened = this.#box.open(sealed, this.#aad(id));
    if (typeof opened === 'object') return opened.plain;
    this.#lc.warn({ kind: this.#kind, id, why: opened }, 'a stored secret cannot be opened; enter it again');
    return undefined;
  }

  /** Writes the record. `secret`: a text replaces what is kept, null removes it, undefined leaves it. */
  put(id: string, value: T, secret: string | null | undefined): void {
    const kept = secret === undefined ? (this.#tables.get(this.#kind, id)?.sealed ?? null) : null;
    const sealed = typeof secret === 'string' ? this.#box.seal(secret, this.#aad(id)) : kept;
    this.#tables.put(this.#kind, { id, body: JSON.stringify(value), sealed });
  }

  drop(id: string): void {
    this.#tables.drop(this.#kind, id);
  }

  #aad(id: string): string {
    return `${this.#kind}:${id}`;
  }
}

function toRecord<T>({ id, body, sealed }: AdminRecordRow): KeptRecord<T> {
  return { id, value: JSON.parse(body) as T, hasSecret: sealed !== null }; // written by put
}
