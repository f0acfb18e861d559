import { Dexie, type Table } from 'dexie';
import type { KeptReply, OutboxStore } from './outbox-store.ts';

/** Keeps unconfirmed replies in the browser's IndexedDB. */
export class IndexedDbOutboxStore implements OutboxStore {
  readonly #db: Dexie;
  readonly #replies: Table<KeptReply, string>;

  constructor(name = 'hiscrm-outbox') {
    this.#db = new Dexie(name);
    this.#db.version(1).stores({ replies: 'key' });
    this.#replies = this.#db.table('replies');
  }

  load(): Promise<readonly KeptReply[]> {
    return this.#replies.toArray();
  }
  async keep(reply: KeptReply): Promise<void> {
    await this.#replies.put(reply);
  }
  async drop(key: string): Promise<void> {
    await this.#replies.delete(key);
  }
  close(): void {
    this.#db.close();
  }
}
