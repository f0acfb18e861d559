/** What each kind of client shows, held against the book. Every function gives the differences, and none when there are none. */
import type { Client } from '@hiscrm/client/client.ts';
import type { AccountId, TopicId } from '@hiscrm/shared/model/ids.ts';
import { type ItemCursor, PAGE_LIMIT_COUNT } from '@hiscrm/shared/protocol/queries.ts';
import type { Screen } from '../screen.ts';
import { resultOf } from './audit.ts';
import type { ExistingMonitor, ShownMessage } from './existing-monitor.ts';
import { type TopicBook, type TruthBook, unreadIn } from './truth-book.ts';

type Shown = Pick<ShownMessage, 'id' | 'content'>;

/** A PC client of the deployed system: badges, topics, what it was told of as news, the open chat, and every other chat. */
export async function judgeMonitor(
  monitor: ExistingMonitor,
  book: TruthBook,
  accountIds: readonly AccountId[],
): Promise<string[]> {
  const faults: string[] = [];
  const note = (fault: string): void => void faults.push(`${monitor.name}: ${fault}`);
  if (monitor.channels.size !== accountIds.length) note(`${monitor.channels.size} channels`);
  for (const id of accountIds) {
    compare(note, `badge of ${id}`, monitor.channels.get(id)?.unreadCount, book.unread(id));
    for (const topic of book.topics(id)) judgeTopic(monitor, id, topic, note);
  }
  if (monitor.open) {
    const { channelId, topicId } = monitor.open;
    judgeLines(`the open chat ${topicId}`, book.topic(channelId, topicId), monitor.openMessages, note);
  }
  if (faults.length > 0) return faults;
  const all = accountIds.flatMap((id) => book.topics(id));
  for (const topic of all) {
    const shown = await monitor.messages(topic.id);
    judgeLines(`chat ${topic.id}`, topic, shown, note);
    if (shown.some(({ timestamp }, at) => timestamp < (shown[at - 1]?.timestamp ?? 0)))
      note(`${topic.id} is out of order`);
  }
  // The server pushes to the chats that were asked for last: this one is open.
  if (monitor.open) monitor.openMessages = await monitor.messages(monitor.open.topicId);
  return faults;
}

function judgeTopic(
  monitor: ExistingMonitor,
  accountId: string,
  topic: TopicBook,
  note: (fault: string) => void,
): void {
  const shown = (monitor.topics.get(accountId) ?? []).filter(({ id }) => id === topic.id);
  compare(note, `times that ${topic.id} is listed`, shown.length, 1);
  compare(note, `unread of ${topic.id}`, shown[0]?.unreadCount, unreadIn(topic));
  compare(note, `lines of ${topic.id}`, shown[0]?.messageCount, topic.lines.length);
  const told = monitor.hintedCounts.get(`${accountId} ${topic.id}`) ?? 0;
  compare(note, `news of ${topic.id}`, told, topic.hintedCount);
}

/** A client of ours: its counters, and every item of every topic. */
export async function judgeLibrary(
  client: Client,
  book: TruthBook,
  accountIds: readonly AccountId[],
): Promise<string[]> {
  const faults: string[] = [];
  const note = (fault: string): void => void faults.push(`the client library: ${fault}`);
  for (const accountId of accountIds) {
    const summary = client.replica.accounts().find(({ record }) => record.id === accountId)?.summary;
    compare(
      note,
      `badge of ${accountId}`,
      summary && summary.unreadComments + summary.unreadMessages,
      book.unread(accountId),
    );
    for (const topic of book.topics(accountId)) {
      const shown = await itemsOf(client, accountId, topic);
      judgeLines(`topic ${topic.id}`, topic, shown, note);
    }
  }
  return faults;
}

/** The page: the badge of each account and the window's title. */
export async function judgeScreen(
  screen: Screen,
  book: TruthBook,
  accountIds: readonly AccountId[],
): Promise<string[]> {
  const faults: string[] = [];
  const note = (fault: string): void => void faults.push(`the page: ${fault}`);
  let total = 0;
  for (const accountId of accountIds) {
    compare(note, `badge of ${accountId}`, await screen.badge(screen.account(accountId)), book.unread(accountId));
    total += book.unread(accountId);
  }
  compare(note, 'the number in the title', await screen.titleCount(), total);
  return faults;
}

async function itemsOf(client: Client, accountId: AccountId, { id, isPrivate }: TopicBook): Promise<Shown[]> {
  const topic = { accountId, kind: isPrivate ? ('conversation' as const) : ('content' as const), id: id as TopicId }; // the platform's id
  const shown: Shown[] = [];
  let before: ItemCursor | undefined;
  do {
    const page = resultOf(await client.query('items', { topic, limit: PAGE_LIMIT_COUNT, ...(before && { before }) }));
    shown.push(...page.items.map(({ facts }) => ({ id: facts.id, content: facts.text })));
    before = page.nextBefore;
  } while (before);
  return shown;
}

/** The same lines, each once, with the same words; what was taken back may be shown in any words. */
function judgeLines(where: string, topic: TopicBook, shown: readonly Shown[], note: (fault: string) => void): void {
  const texts = new Map(shown.map(({ id, content }) => [id, content]));
  if (texts.size !== shown.length) note(`${where} shows ${shown.length - texts.size} lines twice`);
  for (const { id, text, isRecalled } of topic.lines) {
    if (!texts.has(id)) note(`${where} lacks ${id}`);
    else if (!isRecalled && texts.get(id) !== text) note(`${where} shows ${id} as ${texts.get(id)}, written ${text}`);
  }
  if (texts.size > topic.lines.length) note(`${where} shows ${texts.size} of ${topic.lines.length} lines`);
}

function compare(note: (fault: string) => void, what: string, shown: number | undefined, right: number): void {
  if (shown !== right) note(`${what} is ${shown}, right is ${right}`);
}
