import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import { assert } from '@hiscrm/shared/lib/must.ts';
import { AT_ONCE, type Turns } from '../lib/turns.ts';
import type { ChangeLog } from '../log/change-log.ts';
import type { LoadedTopic, LoadedUnread, StateTables, StoredUnread } from '../log/state-tables.ts';
import { type AccountEntry, findLast } from './account-entry.ts';
import type { CheckpointPolicy } from './checkpointer.ts';
import { isPassed } from './counters.ts';
import { StateView } from './state-view.ts';
import { Store } from './store.ts';
import { activityOf, type TopicEntry } from './topic-shelf.ts';
import { UnreadItems } from './unread-items.ts';

/**
 * 64 MiB: some 50,000 items, what a team has on its screens. Reading one back takes some microseconds; a collection of old
 * garbage that walks over many times as many stops everybody for a tenth of a second.
 */
const ITEM_LIMIT_BYTES = 64 * 1024 * 1024;
/** Some milliseconds of the writing thread, and half a second at most for a restart to fold again. */
const CHECKPOINT: CheckpointPolicy = { everyCount: 500, everyMs: 500 };
/** Rows folded at a time while catching up at the start. */
const CATCH_UP_COUNT = 1_000;

export type StoreOptions = {
  readonly log: ChangeLog;
  readonly state: StateTables;
  readonly clock: Clock;
  /** Memory for items that are on disk as well; those that are not on disk yet come on top. */
  readonly itemLimitBytes?: number | undefined;
  readonly checkpoint?: CheckpointPolicy | undefined;
  /** The turns in which the store's rows are folded. */
  readonly turns?: Turns | undefined;
};

/** Loads the state as it was at the last checkpoint and folds the rows that were logged since. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { log, state } = options;
  const itemLimitBytes = options.itemLimitBytes ?? ITEM_LIMIT_BYTES;
  const view = new StateView({ tables: state, itemLimitBytes });
  load(view, state);
  const store = new Store({
    epoch: log.epoch,
    view,
    head: state.stateSeq(),
    tables: state,
    clock: options.clock,
    checkpoint: options.checkpoint ?? CHECKPOINT,
    turns: options.turns ?? AT_ONCE,
  });
  assert(store.head() <= log.head(), 'the state is ahead of the log: the file mixes two histories');
  while (store.head() < log.head()) {
    const rows = await log.readAfter(store.head(), CATCH_UP_COUNT);
    assert(rows !== 'tooOld', 'the log was trimmed beyond the state');
    store.apply(rows);
    await store.checkpoint();
  }
  return store;
}

function load(view: StateView, state: StateTables): void {
  for (const { no, record, version } of state.loadAccounts()) view.addAccount(no, record, version);
  loadTopics(view, state);
  for (const account of view.accounts.values()) addUp(account);
  for (const { accountNo, id } of state.loadEarlyAnswers()) view.accountByNo(accountNo)?.earlyAnswers.add(id);
  for (const { accountNo, record } of state.loadShownReplies())
    view.accountByNo(accountNo)?.shownReplies.set(record.id, record);
  for (const worker of state.loadWorkers()) view.workers.set(worker.id, worker);
  view.reserve(state.lastNumbers());
}

function loadTopics(view: StateView, state: StateTables): void {
  const unread = new Map<number, LoadedUnread>();
  for (const loaded of state.loadUnread()) unread.set(loaded.topicNo, loaded);
  const ofAccount = new Map<AccountEntry, TopicEntry[]>();
  for (const loaded of state.loadTopics()) {
    const account = view.accountByNo(loaded.accountNo);
    if (!account) continue; // swept later
    const entry = toEntry(loaded, unreadOf(loaded, unread.get(loaded.no), state));
    const together = ofAccount.get(account);
    if (together) together.push(entry);
    else ofAccount.set(account, [entry]);
  }
  for (const [account, entries] of ofAccount) {
    account.content.fill(entries.filter(({ ref }) => ref.kind === 'content'));
    account.conversation.fill(entries.filter(({ ref }) => ref.kind === 'conversation'));
  }
}

/** Their number is enough until somebody asks which they are, unless the marks have passed some of those that are flagged. */
function unreadOf({ no, record }: LoadedTopic, flagged: LoadedUnread | undefined, state: StateTables): UnreadItems {
  if (!flagged) return new UnreadItems();
  const { count, oldestAt: at, oldestArrivedSeq: arrivedSeq } = flagged;
  const read = (): Iterable<StoredUnread> => state.readUnread(no);
  if (!isPassed(record.kind, { at, arrivedSeq }, record.marks)) return new UnreadItems({ count, read });
  const unread = new UnreadItems();
  for (const { id, ...mark } of read()) if (!isPassed(record.kind, mark, record.marks)) unread.set(id, mark);
  return unread;
}

function toEntry({ no, accountNo, record, itemCount, last }: LoadedTopic, unread: UnreadItems): TopicEntry {
  const ref = { accountId: record.accountId, kind: record.kind, id: record.id };
  const activityAt = activityOf(record, last);
  return { no, accountNo, ref, record, itemCount, last, activityAt, unread };
}

function addUp(account: AccountEntry): void {
  for (const shelf of [account.content, account.conversation]) {
    for (const entry of shelf.entries()) {
      shelf.unreadCount += entry.unread.size;
      shelf.itemCount += entry.itemCount;
    }
  }
  account.last = findLast(account);
}
