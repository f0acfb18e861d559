/** Sends a direct message through the chat page. The conversation is told by its id in every bubble, never by a name. */
import type { ItemId } from '@hiscrm/shared/model/ids.ts';
import type { Page } from 'playwright-core';
import type { Op } from '../../lib/op.ts';
import type { EchoCheck, SendOutcome, SendRequest } from '../platform-adapter.ts';
import { ChatPage, isOnly, type OpenChat } from './chat-page.ts';
import { messageRejectionOf } from './classify.ts';
import { isSeen, normal } from './comment-page.ts';
import { SELECTORS } from './contract.ts';
import type { Desk } from './desk.ts';
import { filledOf } from './parse/fields.ts';
import type { JsonRecord } from './parse/lossless-json.ts';
import { parseMessage } from './parse/parse-messages.ts';
import { typeText } from './typing.ts';

type Rejected = Extract<SendOutcome, { kind: 'rejected' }>;
/** Clocks of the page and of this machine may differ by this much when an echo is looked for. */
const ECHO_SLACK_MS = 120_000;

const rejected = (reason: Rejected['reason'], detail?: string): Rejected => ({ kind: 'rejected', reason, detail });

export async function replyToMessage(
  op: Op,
  desk: Desk,
  page: Page,
  request: SendRequest,
  beforeClick: () => Promise<'go' | 'stop'>,
): Promise<SendOutcome> {
  const chat = await ChatPage.open(op, desk, page);
  if (chat === 'noRows') return rejected('targetNotFound', 'the chat page shows no conversations');
  const open = await chat.openConversation(op, request.topic.id);
  if (open === 'notFound') return rejected('targetNotFound', 'the chat page does not show the conversation');
  if (!(await isNamedRight(op, desk, chat, request)))
    return rejected('targetNotFound', 'another name stands above the conversation');
  const input = page.locator(SELECTORS.chatInput).first();
  await op.race(input.click({ timeout: op.leftMs(desk.env.pacing.patienceMs) }));
  await typeText(op, page, request.text, desk.env.pacing.keyMs);
  if (normal(await op.race(input.innerText())) !== normal(request.text))
    return rejected('other', 'the box does not hold the text');
  if ((await beforeClick()) === 'stop') return rejected('interrupted');
  const before = await chat.shown(op);
  if (!isOnly(before, request.topic.id)) return rejected('interrupted', 'the page moved to another conversation');
  const known = new Set(before.bubbles.map(bubbleKey));
  // From here on the outcome is unknown until a bubble says more.
  await op.race(input.press('Enter', { timeout: op.leftMs(desk.env.pacing.patienceMs), noWaitAfter: true }));
  return verdictOf(op, desk, chat, request, known);
}

/** The name above the chat is a weak sign, but a different one stops everything. The page may show it late. */
async function isNamedRight(op: Op, desk: Desk, chat: ChatPage, request: SendRequest): Promise<boolean> {
  const expected = desk.env.sink.known('conversation', request.topic.id)?.peer?.name;
  if (expected === undefined) return true;
  const isRight = await desk.until(op, desk.env.pacing.patienceMs, async () => {
    const shown = await chat.shown(op);
    return isOnly(shown, request.topic.id) && normal(shown.headerName) === normal(expected) ? true : undefined;
  });
  return isRight === true;
}

async function verdictOf(
  op: Op,
  desk: Desk,
  chat: ChatPage,
  request: SendRequest,
  known: ReadonlySet<string>,
): Promise<SendOutcome> {
  const outcome = await desk.until<SendOutcome>(op, desk.env.pacing.verdictMs, async () => {
    const shown = await chat.shown(op);
    const own = ownBubbles(desk, shown, request).filter((bubble) => !known.has(bubbleKey(bubble)));
    const failed = own.find((bubble) => bubble.isFailed === true);
    if (failed) return failure(op, chat);
    const sent = own.find((bubble) => filledOf(bubble.serverId) !== undefined && bubble.serverId !== '0');
    if (!sent) return undefined;
    const fact = parseMessage(sent, desk.parseContext, 'reply');
    if (fact) desk.env.sink.observe([fact]);
    return { kind: 'sent', itemId: String(sent.serverId) as ItemId }; // a platform id is an item's id
  });
  return outcome ?? { kind: 'unknown', detail: 'no bubble told the outcome' };
}

async function failure(op: Op, chat: ChatPage): Promise<SendOutcome> {
  const words = (await op.race(chat.page.locator(SELECTORS.alert).allInnerTexts())).join(' ').slice(0, 300);
  // A failure of the network says nothing about what the platform did.
  if (/网络/.test(words)) return { kind: 'unknown', detail: words };
  if (/重新登录|未登录/.test(words)) return rejected('loginRequired', words);
  return rejected(messageRejectionOf(words), words);
}

function ownBubbles(desk: Desk, shown: OpenChat, request: SendRequest): JsonRecord[] {
  return shown.bubbles.filter((bubble) => {
    const fact = parseMessage(
      { ...bubble, serverId: filledOf(bubble.serverId) ?? 'pending' },
      desk.parseContext,
      'dom',
    );
    const isOwn = bubble.isFromMe === true || fact?.facts.direction === 'out';
    return (
      isOwn && bubble.conversationId === request.topic.id && normal(fact?.facts.text ?? '') === normal(request.text)
    );
  });
}

const bubbleKey = (bubble: JsonRecord): string => filledOf(bubble.clientId) ?? filledOf(bubble.serverId) ?? '';

/** Looks for our text in the conversation, in what is known, then on the page. */
export async function findMessageEcho(
  op: Op,
  desk: Desk,
  page: Page,
  request: SendRequest,
  sinceMs: number,
): Promise<EchoCheck> {
  const isEcho = (facts: { direction?: string; text?: string; at?: number }): boolean =>
    facts.direction === 'out' &&
    normal(facts.text ?? '') === normal(request.text) &&
    (facts.at ?? 0) >= sinceMs - ECHO_SLACK_MS;
  const known = desk.env.sink.knownItems('message', request.topic.id).find((facts) => isSeen(facts) && isEcho(facts));
  if (known) return { kind: 'found', itemId: known.id };
  const chat = await ChatPage.open(op, desk, page);
  if (chat === 'noRows') return { kind: 'unreadable', why: 'the chat page shows no conversations' };
  const open = await chat.openConversation(op, request.topic.id);
  if (open === 'notFound') return { kind: 'unreadable', why: 'the conversation is not shown' };
  const facts = await chat.readHistory(op, request.topic.id, (messages) => (messages[0]?.at ?? 0) < sinceMs);
  desk.env.sink.observe(facts);
  const echo = facts.find((fact) => isEcho(fact.facts));
  return echo ? { kind: 'found', itemId: echo.facts.id } : { kind: 'absent' };
}
