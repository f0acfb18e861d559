import type { Op } from '../../lib/op.ts';
import type { Fact } from '../fact.ts';
import { ChatPage } from './chat-page.ts';
import type { Desk } from './desk.ts';
import { inPage, readStore } from './page/in-page.ts';
import { filledOf, longOf, recordOf, recordsOf } from './parse/fields.ts';
import type { JsonRecord } from './parse/lossless-json.ts';
import { parseStoreConversations } from './parse/parse-conversations.ts';
import { parseMessage } from './parse/parse-messages.ts';

/** Above this an index is no message count but the platform's other numbering. */
const PLAIN_INDEX_BELOW = 1_000_000_000;

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

/** Opens conversations one by one and reads them back to what is known. Opening one marks it as read on the platform. */
export async function readConversations(
  op: Op,
  desk: Desk,
  ids: readonly string[],
  indexes: ReadonlyMap<string, number>,
): Promise<'complete' | 'partial'> {
  if (ids.length === 0) return 'complete';
  const chat = await ChatPage.open(op, desk, await desk.tab(op, 'crawl'));
  if (chat === 'noRows') return 'partial';
  let isComplete = true;
  for (const id of ids.slice(0, desk.env.pacing.openLimitCount)) {
    isComplete = (await readConversation(op, desk, chat, id, indexes.get(id))) && isComplete;
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
  desk.env.sink.setHint(readHint(id), String(index ?? 0));
  return true;
}

const readHint = (conversationId: string): string => `read:${conversationId}`;
