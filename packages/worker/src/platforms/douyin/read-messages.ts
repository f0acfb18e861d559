import type { Op } from '../../lib/op.ts';
import type { Fact } from '../fact.ts';
import type { SyncDepth } from '../platform-adapter.ts';
import { ChatPage } from './chat-page.ts';
import type { Desk } from './desk.ts';
import { inPage, readStore } from './page/in-page.ts';
import { filledOf, longOf, recordOf, recordsOf } from './parse/fields.ts';
import type { JsonRecord } from './parse/lossless-json.ts';
import { parseChatRow, parseStoreConversations } from './parse/parse-conversations.ts';
import { parseMessage } from './parse/parse-messages.ts';
import { timeOf } from './parse/times.ts';

/** Above this an index is no message count but the platform's other numbering. */
const PLAIN_INDEX_BELOW = 1_000_000_000;
/** Rows in a row without news after which the rest of the list, which runs from new to old, counts as known. */
const QUIET_ROWS_COUNT = 12;
/** Enough of a row to tell two states of it apart. */
const MARK_LIMIT_CHARS = 200;

/** What the page state holds at this moment; undefined when it is not to be found. */
export type StoreReading = { readonly facts: Fact[]; readonly conversations: readonly JsonRecord[] };

/** Reads the conversation list with the last message of each from the page state. */
export async function readPageState(op: Op, desk: Desk): Promise<StoreReading | undefined> {
  const page = await desk.tab(op, 'realtime');
  const store = recordOf(await op.race(page.evaluate(inPage(readStore, desk.pageConfig))));
  return store && readingOf(desk, recordsOf(store.conversations), store.profiles);
}

/** Facts of copied store conversations: each conversation before its last message. */
export function readingOf(desk: Desk, conversations: readonly JsonRecord[], profiles: unknown): StoreReading {
  const context = desk.parseContext;
  const lasts = conversations.flatMap((conversation) => {
    const last = recordOf(conversation.lastMessage);
    const fact = last && parseMessage(last, context, 'pageState');
    return fact ? [fact] : [];
  });
  return { facts: [...parseStoreConversations(conversations, profiles, context), ...lasts], conversations };
}

/** The message's number in its conversation, where the state tells one. */
export function messageIndexOf(message: JsonRecord | undefined): number | undefined {
  for (const field of [message?.indexInConversationV2, message?.indexInConversation]) {
    const value = typeof field === 'number' ? field : Number(longOf(field) ?? Number.NaN);
    if (Number.isInteger(value) && value > 0 && value < PLAIN_INDEX_BELOW) return value;
  }
  return undefined;
}

/**
 * Conversations of which something is not known: never read, a last message that the push did not bring, a jump in the
 * numbering, or a change further back.
 */
export function conversationsToOpen(desk: Desk, conversations: readonly JsonRecord[]): string[] {
  return conversations.flatMap((conversation) => {
    const id = filledOf(conversation.id);
    if (id === undefined) return [];
    if (desk.touched.has(id)) return [id];
    const readUpTo = desk.env.sink.hint(readHint(id));
    if (readUpTo === undefined) return [id];
    const last = recordOf(conversation.lastMessage);
    const index = messageIndexOf(last);
    if (index !== undefined) return index > Number(readUpTo) ? [id] : [];
    const lastId = filledOf(last?.serverId);
    return lastId !== undefined && !desk.env.sink.known('message', lastId) ? [id] : [];
  });
}

/** A message that follows the last one read closes no gap and opens none. */
export function notePushed(desk: Desk, message: JsonRecord | undefined): void {
  const id = filledOf(message?.conversationId);
  const index = messageIndexOf(message);
  if (id === undefined || index === undefined) return;
  const readUpTo = desk.env.sink.hint(readHint(id));
  if (readUpTo !== undefined && index === Number(readUpTo) + 1) desk.env.sink.setHint(readHint(id), String(index));
}

/** What the chat page's own list showed: the page to go on with, and the rows that tell of something unknown. */
export type RowComparison = { readonly chat: ChatPage; readonly news: ReadonlyMap<string, string> };

/**
 * Compares the chat page's list with what is known. A push that was lost shows here; where the page state cannot be read,
 * all there is does, so the conversations themselves are told from it as well.
 */
export async function compareRows(op: Op, desk: Desk, depth: SyncDepth): Promise<RowComparison | 'noRows'> {
  const page = await desk.tab(op, 'crawl');
  const chat = await (depth === 'state' ? ChatPage.reuse(op, desk, page) : ChatPage.open(op, desk, page));
  if (chat === 'noRows') return 'noRows';
  const isQuiet = (row: JsonRecord): boolean => !isNews(desk, row);
  const rows = await chat.list(
    op,
    (listed) => depth !== 'full' && listed.length > QUIET_ROWS_COUNT && listed.slice(-QUIET_ROWS_COUNT).every(isQuiet),
  );
  if (desk.isStateMissing) {
    const nameOf = (secUid: string) => desk.people.get(secUid);
    const facts = rows.map((row) => parseChatRow(row, nameOf, desk.parseContext)).filter((fact) => fact !== undefined);
    desk.isFull = desk.env.sink.observe(facts) === 'full';
  }
  const news = rows.filter((row) => isNews(desk, row)).map((row): [string, string] => [String(row.id), markOf(row)]);
  return { chat, news: new Map(news) };
}

/** Whether the row's last message may be one that is not known. What a row showed when it was read is no news again. */
function isNews(desk: Desk, row: JsonRecord): boolean {
  const id = String(row.id);
  if (desk.env.sink.hint(rowHint(id)) === markOf(row)) return false;
  const shownAt = timeOf(row.createdTime);
  const knownAt = Math.max(0, ...desk.env.sink.knownItems('message', id).map((message) => message.at ?? 0));
  return shownAt === undefined || shownAt > knownAt;
}

function markOf(row: JsonRecord): string {
  const content = recordOf(row.content);
  return [row.createdTime, content?.text ?? content?.tips].map(String).join('|').slice(0, MARK_LIMIT_CHARS);
}

/** Opens conversations one by one and reads them back to what is known. Opening one marks it as read on the platform. */
export async function readConversations(
  op: Op,
  desk: Desk,
  ids: readonly string[],
  indexes: ReadonlyMap<string, number>,
  rows: RowComparison | undefined,
): Promise<'complete' | 'partial'> {
  if (ids.length === 0) return 'complete';
  const chat = rows?.chat ?? (await ChatPage.open(op, desk, await desk.tab(op, 'crawl')));
  if (chat === 'noRows') return 'partial';
  let isComplete = true;
  for (const id of ids.slice(0, desk.env.pacing.openLimitCount)) {
    const isRead = await readConversation(op, desk, chat, id, indexes.get(id));
    const mark = rows?.news.get(id);
    if (isRead && mark !== undefined) desk.env.sink.setHint(rowHint(id), mark);
    isComplete &&= isRead;
    if (desk.isFull) return 'partial';
    await desk.pause(op);
  }
  return isComplete && ids.length <= desk.env.pacing.openLimitCount ? 'complete' : 'partial';
}

async function readConversation(
  op: Op,
  desk: Desk,
  chat: ChatPage,
  id: string,
  index: number | undefined,
): Promise<boolean> {
  const isTouched = desk.touched.has(id);
  const open = await chat.openConversation(op, id);
  if (open === 'notFound') {
    desk.env.oddities.note('conversationNotShown');
    return false;
  }
  const hasBeenRead = desk.env.sink.hint(readHint(id)) !== undefined;
  const facts = await chat.readHistory(op, id, (messages) => {
    const oldest = messages[0];
    return hasBeenRead && !isTouched && oldest !== undefined && desk.env.sink.known('message', oldest.id) !== undefined;
  });
  const mounted = await chat.conversations(op);
  const own = mounted.filter((fact) => fact.facts.id === id);
  desk.isFull = desk.env.sink.observe([...own, ...facts]) === 'full';
  if (desk.isFull) return false;
  desk.touched.delete(id);
  desk.env.sink.setHint(readHint(id), String(index ?? desk.env.sink.hint(readHint(id)) ?? 0));
  return true;
}

const readHint = (conversationId: string): string => `read:${conversationId}`;
const rowHint = (conversationId: string): string => `row:${conversationId}`;
