import { ByteLru } from '@hiscrm/shared/lib/lru.ts';
import type { ReplyId, UserId } from '@hiscrm/shared/model/ids.ts';
import type { ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import type { StateTables, StoredReply } from '../log/state-tables.ts';

/** Settled replies are asked for rarely: 4 MiB are some thousands of them. */
export const REPLY_CACHE_LIMIT_BYTES = 4 * 1024 * 1024;
const REPLY_OVERHEAD_BYTES = 600;

/** Part of an account's replies. */
export type ReplyPage = { readonly replies: readonly ReplyRecord[]; readonly nextBefore?: number };

/** Every reply by its id and by its idempotency key; changed ones are pinned until a checkpoint has written them. */
export class ReplyBook {
  readonly #tables: StateTables;
  readonly #cache = new ByteLru<ReplyId, StoredReply>({
    limitBytes: REPLY_CACHE_LIMIT_BYTES,
    sizeOf: ({ record }) => REPLY_OVERHEAD_BYTES + 2 * record.text.length,
  });
  #changed = new Map<ReplyId, StoredReply>();
  #saving = new Map<ReplyId, StoredReply>();

  constructor(tables: StateTables) {
    this.#tables = tables;
  }

  get changedCount(): number {
    return this.#changed.size;
  }

  get cachedBytes(): number {
    return this.#cache.bytes;
  }

  /** The reply, whichever account it belongs to: the caller knows which account numbers still live. */
  get(id: ReplyId): StoredReply | undefined {
    const known = this.#changed.get(id) ?? this.#saving.get(id) ?? this.#cache.get(id);
    if (known) return known;
    const stored = this.#tables.readReply(id);
    if (stored) this.#cache.set(id, stored);
    return stored;
  }

  /** Replies that a user asked for under a key; more than one only when accounts were removed in between. */
  byKey(userId: UserId, key: string): readonly StoredReply[] {
    const found = new Map<ReplyId, StoredReply>();
    for (const stored of this.#tables.readReplyByKey(userId, key)) found.set(stored.record.id, stored);
    for (const pinned of [this.#saving, this.#changed])
      for (const reply of pinned.values())
        if (reply.record.byUserId === userId && reply.record.key === key) found.set(reply.record.id, reply);
    return [...found.values()];
  }

  /**
   * An account's replies, newest first. The first page starts with those that no checkpoint has written, however many; the
   * others hold at most `limitCount`. `nextBefore` is absent on the last page.
   */
  page(accountNo: number, before: number | undefined, limitCount: number): ReplyPage {
    const stored = this.#tables.readReplies(accountNo, before, limitCount);
    const last = stored.at(-1);
    const records = stored.map(({ record }) => this.#pinned(record.id)?.record ?? record);
    const unwritten = before === undefined ? this.#unwritten(accountNo) : [];
    return {
      replies: [...unwritten, ...records],
      ...(last && stored.length === limitCount && { nextBefore: last.place }),
    };
  }

  #pinned(id: ReplyId): StoredReply | undefined {
    return this.#changed.get(id) ?? this.#saving.get(id);
  }

  #unwritten(accountNo: number): readonly ReplyRecord[] {
    const pinned = new Map([...this.#saving, ...this.#changed]);
    return [...pinned.values()]
      .filter((reply) => reply.accountNo === accountNo && !this.#tables.readReply(reply.record.id))
      .map(({ record }) => record)
      .sort((a, b) => b.requestedAt - a.requestedAt);
  }

  put(reply: StoredReply): void {
    this.#changed.set(reply.record.id, reply);
    this.#cache.delete(reply.record.id);
  }

  dropAccount(accountNo: number): void {
    for (const pinned of [this.#changed, this.#saving])
      for (const [id, reply] of pinned) if (reply.accountNo === accountNo) pinned.delete(id);
  }

  /** Starts a checkpoint; see `ItemBook`. */
  takeChanged(): Iterable<StoredReply> {
    this.#saving = this.#changed;
    this.#changed = new Map();
    return this.#saving.values();
  }

  settleSaved(): void {
    for (const [id, reply] of this.#saving) if (!this.#changed.has(id)) this.#cache.set(id, reply);
    this.#saving = new Map();
  }
}
