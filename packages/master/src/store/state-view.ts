import { must } from '@hiscrm/shared/lib/must.ts';
import type { AccountId, ItemId, ReplyId, Seq, WorkerId } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord, ItemRecord, TopicRecord, WorkerRecord } from '@hiscrm/shared/model/records.ts';
import { isOpenReply, type ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import type { ItemKind, TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import type { View } from '@hiscrm/shared/model/view.ts';
import type { StateTables } from '../log/state-tables.ts';
import { type AccountEntry, newAccountEntry } from './account-entry.ts';
import { ItemBook } from './item-book.ts';
import { ReplyBook } from './reply-book.ts';
import { activityOf, type TopicEntry, type TopicShelf } from './topic-shelf.ts';
import { UnreadItems } from './unread-items.ts';

/** What changed since the last checkpoint, beside items and replies, which their books pin. */
export type Changed = {
  readonly accounts: Set<AccountEntry>;
  readonly topics: Set<TopicEntry>;
  /** Topics whose marks moved: unread flags on disk are swept by them. */
  readonly markedTopics: Set<TopicEntry>;
  readonly workers: Set<WorkerId>;
  readonly earlyAnswers: (readonly [accountNo: number, id: ItemId])[];
  readonly removedAccountNos: number[];
};

const nothingChanged = (): Changed => ({
  accounts: new Set(),
  topics: new Set(),
  markedTopics: new Set(),
  workers: new Set(),
  earlyAnswers: [],
  removedAccountNos: [],
});

/** The view that the Master folds into: accounts and topics in memory, items and replies through their books. */
export class StateView implements View {
  readonly accounts = new Map<AccountId, AccountEntry>();
  readonly workers = new Map<WorkerId, WorkerRecord>();
  readonly items: ItemBook;
  readonly replies: ReplyBook;
  readonly #accountsByNo = new Map<number, AccountEntry>();
  #changed = nothingChanged();
  #nextAccountNo = 1;
  #nextTopicNo = 1;

  constructor(options: { readonly tables: StateTables; readonly itemLimitBytes: number }) {
    this.items = new ItemBook({ tables: options.tables, limitBytes: options.itemLimitBytes });
    this.replies = new ReplyBook(options.tables);
  }

  account(id: AccountId): AccountRecord | undefined {
    return this.accounts.get(id)?.record;
  }

  putAccount(record: AccountRecord): void {
    const entry = this.accounts.get(record.id) ?? this.addAccount(this.#nextAccountNo, record, 0 as Seq); // touched next
    entry.record = record;
    this.#changed.accounts.add(entry);
  }

  /** Makes the account known under its number, as at the start. */
  addAccount(no: number, record: AccountRecord, version: Seq): AccountEntry {
    const entry = newAccountEntry(no, record, version);
    this.accounts.set(record.id, entry);
    this.#accountsByNo.set(no, entry);
    this.#nextAccountNo = Math.max(this.#nextAccountNo, no + 1);
    return entry;
  }

  accountByNo(no: number): AccountEntry | undefined {
    return this.#accountsByNo.get(no);
  }

  /** Numbers given before the start, also to accounts and topics that are gone, are not given again. */
  reserve(last: { readonly accountNo: number; readonly topicNo: number }): void {
    this.#nextAccountNo = Math.max(this.#nextAccountNo, last.accountNo + 1);
    this.#nextTopicNo = Math.max(this.#nextTopicNo, last.topicNo + 1);
  }

  /** Notes that a row touched the account. */
  touch(id: AccountId, seq: Seq): void {
    const entry = this.accounts.get(id);
    if (!entry) return;
    entry.version = seq;
    this.#changed.accounts.add(entry);
  }

  removeAccount(id: AccountId): void {
    const entry = this.accounts.get(id);
    if (!entry) return;
    this.accounts.delete(id);
    this.#accountsByNo.delete(entry.no);
    this.items.dropAccount(entry.no);
    this.replies.dropAccount(entry.no);
    this.#changed.accounts.delete(entry);
    for (const topics of [this.#changed.topics, this.#changed.markedTopics])
      for (const topic of topics) if (topic.accountNo === entry.no) topics.delete(topic);
    this.#changed.removedAccountNos.push(entry.no);
  }

  topic(ref: TopicRef): TopicRecord | undefined {
    return this.topicEntry(ref)?.record;
  }

  topicEntry(ref: TopicRef): TopicEntry | undefined {
    return this.shelf(ref)?.get(ref.id);
  }

  shelf(ref: Pick<TopicRef, 'accountId' | 'kind'>): TopicShelf | undefined {
    return this.accounts.get(ref.accountId)?.[ref.kind];
  }

  putTopic(record: TopicRecord): void {
    const account = must(this.accounts.get(record.accountId), 'the fold writes topics of known accounts only');
    const shelf = account[record.kind];
    const entry = shelf.get(record.id) ?? this.#addTopic(account, record);
    if (
      entry.record.marks.readUpToSeq !== record.marks.readUpToSeq ||
      entry.record.marks.answeredAt !== record.marks.answeredAt
    )
      this.#changed.markedTopics.add(entry);
    entry.record = record;
    shelf.reposition(entry);
    this.#changed.topics.add(entry);
  }

  #addTopic(account: AccountEntry, record: TopicRecord): TopicEntry {
    const entry: TopicEntry = {
      no: this.#nextTopicNo,
      accountNo: account.no,
      ref: { accountId: record.accountId, kind: record.kind, id: record.id },
      record,
      itemCount: 0,
      last: undefined,
      activityAt: activityOf(record, undefined),
      unread: new UnreadItems(),
    };
    this.#nextTopicNo += 1;
    account[record.kind].add(entry);
    return entry;
  }

  /** Counters of the topic changed. */
  touchTopic(entry: TopicEntry): void {
    this.#changed.topics.add(entry);
  }

  item(accountId: AccountId, kind: ItemKind, id: ItemId): ItemRecord | undefined {
    const account = this.accounts.get(accountId);
    return account && this.items.get(account.no, kind, id);
  }

  putItem(record: ItemRecord): void {
    const account = must(this.accounts.get(record.accountId), 'the fold writes items of known accounts only');
    this.items.put({ accountNo: account.no, record });
  }

  noteEarlyAnswer(topic: TopicRef, itemId: ItemId): void {
    const account = must(this.accounts.get(topic.accountId), 'the fold writes answers of known accounts only');
    if (account.earlyAnswers.has(itemId)) return;
    account.earlyAnswers.add(itemId);
    this.#changed.earlyAnswers.push([account.no, itemId]);
  }

  hasEarlyAnswer(topic: TopicRef, itemId: ItemId): boolean {
    return this.accounts.get(topic.accountId)?.earlyAnswers.has(itemId) ?? false;
  }

  reply(id: ReplyId): ReplyRecord | undefined {
    const reply = this.replies.get(id);
    return reply && this.#accountsByNo.has(reply.accountNo) ? reply.record : undefined;
  }

  putReply(record: ReplyRecord): void {
    const account = must(this.accounts.get(record.accountId), 'the fold writes replies of known accounts only');
    this.replies.put({ accountNo: account.no, record });
    if (isShownReply(record)) account.shownReplies.set(record.id, record);
    else account.shownReplies.delete(record.id);
  }

  worker(id: WorkerId): WorkerRecord | undefined {
    return this.workers.get(id);
  }

  putWorker(record: WorkerRecord): void {
    this.workers.set(record.id, record);
    this.#changed.workers.add(record.id);
  }

  /** Records pinned until the next checkpoint. */
  get changedCount(): number {
    const { accounts, topics, workers, earlyAnswers, removedAccountNos } = this.#changed;
    const beside = accounts.size + topics.size + workers.size + earlyAnswers.length + removedAccountNos.length;
    return beside + this.items.changedCount + this.replies.changedCount;
  }

  /** Hands over what changed and starts anew. */
  takeChanged(): Changed {
    const changed = this.#changed;
    this.#changed = nothingChanged();
    return changed;
  }
}

/** Open, or refused: the store drops refused ones from view by age. */
export const isShownReply = (reply: ReplyRecord): boolean => isOpenReply(reply) || reply.state.kind === 'rejected';
