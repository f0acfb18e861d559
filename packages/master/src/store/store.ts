import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import { assert } from '@hiscrm/shared/lib/must.ts';
import { applyChange } from '@hiscrm/shared/model/apply-change.ts';
import type { AccountId, Epoch, ItemId, ReplyId, Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord, ItemRecord, TopicRecord, WorkerRecord } from '@hiscrm/shared/model/records.ts';
import { isOpenReply, type ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import type { AccountSummary, TopicSummary } from '@hiscrm/shared/model/summary.ts';
import type { ItemKind, TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { QueryParams, QueryResults, TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { inTurns, type Turns } from '../lib/turns.ts';
import type { LoggedRow } from '../log/change-log.ts';
import type { StateTables } from '../log/state-tables.ts';
import type { ItemRow } from '../log/writer-protocol.ts';
import { type AccountEntry, accountSummaryOf } from './account-entry.ts';
import { Checkpointer, type CheckpointPolicy } from './checkpointer.ts';
import { Counters, type Touched } from './counters.ts';
import { REPLY_CACHE_LIMIT_BYTES, type ReplyPage } from './reply-book.ts';
import { takeBatch } from './state-batch.ts';
import type { StateView } from './state-view.ts';
import type { StoreReader } from './store-reader.ts';
import { cursorOf, parseCursor, summaryOf, type TopicEntry } from './topic-shelf.ts';
import { queryUnreadItems } from './unread-query.ts';

/** A refused reply stays beside its topic's items for so long. */
export const REFUSED_SHOWN_MS = 7 * 24 * 60 * 60 * 1_000;

/** Figures for metrics and `hiscrm status`. */
export type StoreFigures = {
  readonly accountCount: number;
  readonly cachedItemCount: number;
  readonly cachedItemBytes: number;
  readonly itemLimitBytes: number;
  readonly cachedReplyBytes: number;
  readonly replyLimitBytes: number;
  /** Records in memory that no checkpoint has written. */
  readonly pinnedCount: number;
  /** So many pinned records start a checkpoint; while one is under way there may be more. */
  readonly checkpointCount: number;
  /** Rows that a restart would fold again. */
  readonly unsavedRowCount: number;
};

/** The Master's state: the fold of the log, answered from memory and from the state tables. Opened by `openStore`. */
export class Store implements StoreReader {
  readonly epoch: Epoch;
  readonly #view: StateView;
  readonly #counters: Counters;
  readonly #tables: StateTables;
  readonly #clock: Clock;
  readonly #checkpointer: Checkpointer;
  readonly #checkpointCount: number;
  readonly #turns: Turns;
  #head: Seq;

  /** `view` holds the state as of `head`. */
  constructor(options: {
    readonly epoch: Epoch;
    readonly view: StateView;
    readonly head: Seq;
    readonly tables: StateTables;
    readonly clock: Clock;
    readonly checkpoint: CheckpointPolicy;
    /** Checkpoints are made in these; the rows that `apply` is given are folded in the same ones. */
    readonly turns: Turns;
  }) {
    this.epoch = options.epoch;
    this.#view = options.view;
    this.#counters = new Counters(options.view);
    this.#head = options.head;
    this.#tables = options.tables;
    this.#clock = options.clock;
    this.#checkpointCount = options.checkpoint.everyCount;
    this.#turns = options.turns;
    const save = (): Promise<void> => this.#save();
    this.#checkpointer = new Checkpointer({ clock: options.clock, policy: options.checkpoint, save });
  }

  /** Folds durable rows in, in log order, and says which counters they changed, as they are afterwards. */
  apply(rows: readonly LoggedRow[]): {
    readonly topics: readonly TopicSummary[];
    readonly accounts: readonly AccountSummary[];
  } {
    const touched: Touched = { topics: new Set(), accounts: new Set() };
    for (const row of rows) {
      assert(row.seq === this.#head + 1, () => `row ${row.seq} does not follow ${this.#head}`);
      this.#counters.consume(applyChange(this.#view, row), touched);
      if ('accountId' in row.change) this.#view.touch(row.change.accountId, row.seq);
      this.#head = row.seq;
    }
    this.#checkpointer.note(this.#view.changedCount);
    return {
      topics: [...touched.topics].filter((entry) => this.#view.topicEntry(entry.ref) === entry).map(summaryOf),
      accounts: [...touched.accounts].filter((entry) => this.#isPresent(entry)).map(accountSummaryOf),
    };
  }

  #isPresent(entry: AccountEntry): boolean {
    return this.#view.accounts.get(entry.record.id) === entry;
  }

  /** Runs synchronous questions together: those that reach to disk then cost a fraction. */
  inOneRead<T>(run: () => T): T {
    return this.#tables.inOneRead(run);
  }

  /** Puts the state on disk as of `head()`. Rejects with LOG_WRITE_FAILED. */
  checkpoint(): Promise<void> {
    return this.#checkpointer.flush();
  }

  async #save(): Promise<void> {
    if (this.#view.changedCount === 0 && this.#tables.stateSeq() === this.#head) return;
    const stage = (items: readonly ItemRow[]): void => this.#tables.stageItems(items);
    const take = takeBatch(this.#view, () => this.#head, stage);
    await this.#tables.save(await inTurns(this.#turns, take));
    this.#view.items.settleSaved();
    this.#view.replies.settleSaved();
    this.#checkpointer.note(this.#view.changedCount);
  }

  /** Takes a last checkpoint, unless the disk has refused before. Safe twice. */
  async close(): Promise<void> {
    await this.#checkpointer.flush().catch(() => undefined); // what it lacks, the log has
    this.#checkpointer.stop();
  }

  figures(): StoreFigures {
    return {
      accountCount: this.#view.accounts.size,
      cachedItemCount: this.#view.items.cachedCount,
      cachedItemBytes: this.#view.items.cachedBytes,
      itemLimitBytes: this.#view.items.limitBytes,
      cachedReplyBytes: this.#view.replies.cachedBytes,
      replyLimitBytes: REPLY_CACHE_LIMIT_BYTES,
      pinnedCount: this.#view.changedCount,
      checkpointCount: this.#checkpointCount,
      unsavedRowCount: this.#head - this.#tables.stateSeq(),
    };
  }

  head(): Seq {
    return this.#head;
  }

  accounts(): readonly AccountView[] {
    return [...this.#view.accounts.values()].map((entry) => ({
      record: entry.record,
      summary: accountSummaryOf(entry),
    }));
  }

  account(id: AccountId): AccountRecord | undefined {
    return this.#view.account(id);
  }

  accountSummary(id: AccountId): AccountSummary | undefined {
    const entry = this.#view.accounts.get(id);
    return entry && accountSummaryOf(entry);
  }

  accountVersion(id: AccountId): Seq {
    return this.#view.accounts.get(id)?.version ?? this.#head;
  }

  topic(ref: TopicRef): TopicView | undefined {
    const entry = this.#view.topicEntry(ref);
    return entry && viewOf(entry);
  }

  topicRecord(ref: TopicRef): TopicRecord | undefined {
    return this.#view.topic(ref);
  }

  /** Rejects a cursor that it did not make with BAD_REQUEST. */
  topics(params: QueryParams<'topics'>): QueryResults['topics'] {
    const place = params.cursor === undefined ? undefined : parseCursor(params.cursor);
    if (params.cursor !== undefined && !place) throw new ImError('BAD_REQUEST', { reason: 'cursor' });
    const page: TopicEntry[] = [];
    for (const entry of this.#view.shelf(params)?.from(place) ?? []) {
      if (params.onlyUnread && entry.unread.size === 0) continue;
      const last = page.at(-1);
      if (page.length === params.limit && last) return { topics: page.map(viewOf), nextCursor: cursorOf(last) };
      page.push(entry);
    }
    return { topics: page.map(viewOf) };
  }

  item(accountId: AccountId, kind: ItemKind, id: ItemId): ItemRecord | undefined {
    return this.#view.item(accountId, kind, id);
  }

  items(params: QueryParams<'items'>): QueryResults['items'] {
    const entry = this.#view.topicEntry(params.topic);
    if (!entry) return { items: [], replies: [] };
    const found = this.#view.items.page(entry, params.before, params.limit + 1);
    const items = found.slice(0, params.limit);
    const last = items.at(-1);
    return {
      items,
      ...(found.length > params.limit && last && { nextBefore: { at: last.facts.at, id: last.facts.id } }),
      replies: this.#shownReplies(params.topic),
    };
  }

  #shownReplies(topic: TopicRef): readonly ReplyRecord[] {
    const account = this.#view.accounts.get(topic.accountId);
    if (!account) return [];
    const oldestAt = this.#clock.now() - REFUSED_SHOWN_MS;
    const shown: ReplyRecord[] = [];
    for (const reply of account.shownReplies.values()) {
      if (reply.state.kind === 'rejected' && reply.state.at < oldestAt) account.shownReplies.delete(reply.id);
      else if (reply.topic.kind === topic.kind && reply.topic.id === topic.id) shown.push(reply);
    }
    return shown.sort(byRequest);
  }

  unreadItems(params: QueryParams<'unreadItems'>): QueryResults['unreadItems'] {
    return queryUnreadItems(this.#view, params);
  }

  reply(id: ReplyId): ReplyRecord | undefined {
    return this.#view.reply(id);
  }

  replyByKey(userId: UserId, key: string): ReplyRecord | undefined {
    const found = this.#view.replies.byKey(userId, key).filter(({ accountNo }) => this.#view.accountByNo(accountNo));
    return found.map(({ record }) => record).sort(byRequest)[0];
  }

  replies(params: Parameters<StoreReader['replies']>[0]): ReplyPage {
    const entry = this.#view.accounts.get(params.accountId);
    return entry ? this.#view.replies.page(entry.no, params.before, params.limit) : { replies: [] };
  }

  openReplies(accountId: AccountId): readonly ReplyRecord[] {
    const shown = this.#view.accounts.get(accountId)?.shownReplies.values() ?? [];
    return [...shown].filter(isOpenReply).sort(byRequest);
  }

  workers(): readonly WorkerRecord[] {
    return [...this.#view.workers.values()];
  }
}

const viewOf = (entry: TopicEntry): TopicView => ({ record: entry.record, summary: summaryOf(entry) });

const byRequest = (a: ReplyRecord, b: ReplyRecord): number =>
  a.requestedAt - b.requestedAt || (a.id < b.id ? -1 : Number(a.id > b.id));
