import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { KeptReply, OutboxStore } from './outbox-store.ts';

interface OutboxDb extends DBSchema {
  replies: { key: string; value: KeptReply };
}

/** Browsers in use have this version; a lower number would be refused there. */
const DB_VERSION = 10;
const REPLIES = 'replies';

/** Keeps unconfirmed replies in the browser's IndexedDB, which is opened when it is first needed. */
export class IndexedDbOutboxStore implements OutboxStore {
  readonly #name: string;
  #opened: Promise<IDBPDatabase<OutboxDb>> | undefined;
  #isClosed = false;

  constructor(name = 'hiscrm-outbox') {
    this.#name = name;
  }

  async load(): Promise<readonly KeptReply[]> {
    return (await this.#open()).getAll(REPLIES);
  }
  async keep(reply: KeptReply): Promise<void> {
    await (await this.#open()).put(REPLIES, reply);
  }
  async drop(key: string): Promise<void> {
    await (await this.#open()).delete(REPLIES, key);
  }
  close(): void {
    this.#isClosed = true;
    // One that could not be opened has nothing to close, and whoever asked for it was told.
    this.#opened?.then(
      (db) => db.close(),
      () => undefined,
    );
  }

  #open(): Promise<IDBPDatabase<OutboxDb>> {
    if (this.#isClosed) return Promise.reject(new Error('the outbox store is closed'));
    this.#opened ??= openDB<OutboxDb>(this.#name, DB_VERSION, {
      upgrade: (db) => {
        db.createObjectStore(REPLIES, { keyPath: 'key' });
      },
    });
    return this.#opened;
  }
}
