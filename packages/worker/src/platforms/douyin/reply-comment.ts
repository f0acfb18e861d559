/** Answers a comment, or comments on a work, through the comment page. Every check that fails stops before the click. */
import type { CommentFacts } from '@hiscrm/shared/model/facts.ts';
import type { ItemId } from '@hiscrm/shared/model/ids.ts';
import type { Locator, Page } from 'playwright-core';
import type { Op } from '../../lib/op.ts';
import type { EchoCheck, SendOutcome, SendRequest } from '../platform-adapter.ts';
import type { Answer } from './answer-bus.ts';
import { rejectionOf } from './classify.ts';
import { CommentPage, isSeen, normal, placeAmongAlike } from './comment-page.ts';
import { replyPlaceholder, SELECTORS, TOP_BOX_PLACEHOLDER, WORDS } from './contract.ts';
import type { Desk } from './desk.ts';
import { idOf, recordOf } from './parse/fields.ts';
import { parseComment } from './parse/parse-comments.ts';
import { typeText } from './typing.ts';

type Rejected = Extract<SendOutcome, { kind: 'rejected' }>;
/** Clocks of the page and of this machine may differ by this much when an echo is looked for. */
const ECHO_SLACK_MS = 120_000;

const rejected = (reason: Rejected['reason'], detail?: string): Rejected => ({ kind: 'rejected', reason, detail });

export async function replyToComment(
  op: Op,
  desk: Desk,
  page: Page,
  request: SendRequest,
  beforeClick: () => Promise<'go' | 'stop'>,
): Promise<SendOutcome> {
  const comments = await CommentPage.open(op, desk, page, request.topic.id);
  try {
    const box =
      request.toItemId === undefined ? await topBox(op, desk, comments) : await boxUnder(op, desk, comments, request);
    if ('kind' in box) return box;
    await op.race(box.input.click({ timeout: op.leftMs(desk.env.pacing.patienceMs) }));
    await typeText(op, page, request.text, desk.env.pacing.keyMs);
    const refusal = await checkBox(op, box, request.text);
    if (refusal) return refusal;
    return await click(op, desk, page, box, request, beforeClick);
  } finally {
    comments.close();
  }
}

type Box = { readonly input: Locator; readonly send: Locator; readonly placeholder: string };

async function topBox(op: Op, desk: Desk, comments: CommentPage): Promise<Box | Rejected> {
  // The list's first answer shows that the page stands on the right work.
  const { end } = await comments.walk(op, () => true);
  if (end === 'silent') return rejected('targetNotFound', 'the comment page did not show the work');
  return boxWith(op, desk, comments.page.locator('body'), TOP_BOX_PLACEHOLDER);
}

async function boxUnder(op: Op, desk: Desk, comments: CommentPage, request: SendRequest): Promise<Box | Rejected> {
  const found = await findTarget(op, desk, comments, request);
  if ('kind' in found) return found;
  const node = comments.row(found.index);
  await op.race(node.scrollIntoViewIfNeeded({ timeout: op.leftMs(desk.env.pacing.patienceMs) }));
  await op.race(
    node
      .getByText(WORDS.reply, { exact: true })
      .first()
      .click({ timeout: op.leftMs(desk.env.pacing.patienceMs) }),
  );
  return boxWith(op, desk, node, replyPlaceholder(found.name));
}

/** The box whose placeholder names the one answered. Any other box would post somewhere else. */
async function boxWith(op: Op, desk: Desk, scope: Locator, placeholder: string): Promise<Box | Rejected> {
  const input = scope
    .locator(SELECTORS.replyInput)
    .and(
      scope
        .page()
        .locator(`[placeholder=${JSON.stringify(placeholder)}], [data-placeholder=${JSON.stringify(placeholder)}]`),
    );
  const count = await desk.until(op, desk.env.pacing.patienceMs / 2, async () => (await input.count()) || undefined);
  if (count === undefined) return rejected('targetNotFound', 'no box names the one to be answered');
  if (count > 1) return rejected('targetAmbiguous', 'two boxes name the one to be answered');
  const send = input.locator(
    `xpath=ancestor::*[descendant::button[normalize-space()="${WORDS.send}"]][1]//button[normalize-space()="${WORDS.send}"]`,
  );
  if ((await op.race(send.count())) !== 1)
    return rejected('targetAmbiguous', 'the box has not exactly one send button');
  return { input, send, placeholder };
}

/** The row of the comment to be answered, matched by id in the data and by name and text on the page. */
async function findTarget(
  op: Op,
  desk: Desk,
  comments: CommentPage,
  request: SendRequest,
): Promise<{ index: number; name: string } | Rejected> {
  const targetId = String(request.toItemId);
  const parentId = request.target?.parentId ?? desk.env.sink.known('comment', targetId)?.parentId;
  const topId = String(parentId ?? targetId);
  const { rows, end } = await comments.walk(op, (list) => list.some((row) => row.facts.id === topId));
  const top = rows.find((row) => row.facts.id === topId)?.facts;
  if (!top) return end === 'silent' ? rejected('other', 'the comment list did not load') : rejected('targetNotFound');
  if (parentId === undefined || topId === targetId) return rowOf(op, comments, top, -1, request);
  const replies = await comments.walkReplies(op, top, {
    isEnough: (list) => list.some((row) => row.facts.id === targetId),
  });
  if (!replies) return rejected('targetAmbiguous', 'two comments look like the one above');
  const target = replies.rows.find((row) => row.facts.id === targetId)?.facts;
  return target ? rowOf(op, comments, target, replies.row.index, request) : rejected('targetNotFound');
}

async function rowOf(
  op: Op,
  comments: CommentPage,
  target: CommentFacts,
  parentIndex: number,
  request: SendRequest,
): Promise<{ index: number; name: string } | Rejected> {
  const expected = request.target?.authorId;
  if (expected !== undefined && target.author?.id !== expected)
    return rejected('targetNotFound', 'the comment is by somebody else');
  if (target.state !== undefined && target.state !== 'visible')
    return rejected('targetNotFound', 'the comment is not visible');
  const row = await comments.findRow(op, target, parentIndex);
  if (row === 'ambiguous') return rejected('targetAmbiguous', 'two rows show the same name and text');
  return row ? { index: row.index, name: row.name } : rejected('targetNotFound', 'the page does not show the comment');
}

/** What will be sent is what was asked for, and the box is still the same. */
async function checkBox(op: Op, box: Box, text: string): Promise<Rejected | undefined> {
  const typed = await op.race(box.input.innerText());
  if (normal(typed) !== normal(text)) return rejected('other', 'the box does not hold the text');
  const isEnabled = await op.race(box.send.isEnabled());
  return isEnabled ? undefined : rejected('other', 'the send button stays disabled');
}

async function click(
  op: Op,
  desk: Desk,
  page: Page,
  box: Box,
  request: SendRequest,
  beforeClick: () => Promise<'go' | 'stop'>,
): Promise<SendOutcome> {
  const writes = desk.bus.listen(page, 'write');
  try {
    if ((await beforeClick()) === 'stop') return rejected('interrupted');
    const stillThere = await op.race(box.input.count());
    if (stillThere !== 1) return rejected('interrupted', 'the box went away before the click');
    // From here on the outcome is unknown until the platform answers.
    await op.race(box.send.click({ timeout: op.leftMs(desk.env.pacing.patienceMs), noWaitAfter: true }));
    const answer = await writes.next(op, desk.env.pacing.verdictMs);
    return answer ? outcomeOf(desk, answer, request) : { kind: 'unknown', detail: 'no answer after the click' };
  } finally {
    writes.stop();
  }
}

/** The platform's verdict. Code 0 without an id confirms nothing. */
export function outcomeOf(desk: Desk, answer: Answer, request: SendRequest): SendOutcome {
  const { verdict } = answer;
  switch (verdict.kind) {
    case 'ok':
      return acceptedOf(desk, verdict.body, request);
    case 'refused':
      return rejected(rejectionOf(verdict.code, verdict.detail), verdict.detail);
    case 'loginExpired':
      return rejected('loginRequired', verdict.detail);
    case 'challenge':
      return rejected('challenge', verdict.detail);
    case 'transient':
      return { kind: 'unknown', detail: verdict.detail };
  }
}

function acceptedOf(desk: Desk, body: unknown, request: SendRequest): SendOutcome {
  const answer = recordOf(body);
  const comment = recordOf(answer?.comment);
  if (comment) {
    const fact = parseComment(comment, { ...desk.parseContext, source: 'reply' }, { workId: request.topic.id });
    if (fact) {
      desk.env.sink.observe([fact]);
      return { kind: 'sent', itemId: fact.facts.id };
    }
  }
  // The older endpoint answers with an encrypted id, which names nothing later on; the list read again brings the plain one.
  const encrypted = idOf(recordOf(answer?.comment_info)?.comment_id);
  return encrypted === undefined ? { kind: 'unknown', detail: 'accepted without an id' } : { kind: 'sent' };
}

/** Looks for our text under its target in what is known, then on the page. */
export async function findCommentEcho(
  op: Op,
  desk: Desk,
  page: Page,
  request: SendRequest,
  sinceMs: number,
): Promise<EchoCheck> {
  const isEcho = echoOf(desk, request, sinceMs);
  const known = desk.env.sink.knownItems('comment', request.topic.id).find((facts) => isSeen(facts) && isEcho(facts));
  if (known) return { kind: 'found', itemId: known.id };
  const comments = await CommentPage.open(op, desk, page, request.topic.id);
  try {
    const targetId = request.toItemId;
    const topId =
      targetId && (request.target?.parentId ?? desk.env.sink.known('comment', targetId)?.parentId ?? targetId);
    const { rows, end } = await comments.walk(op, (list) =>
      list.some((row) => isEcho(row.facts) || (topId !== undefined && row.facts.id === topId)),
    );
    const own = rows.find((row) => isEcho(row.facts));
    if (own) return { kind: 'found', itemId: own.facts.id };
    const top = rows.find((row) => row.facts.id === topId)?.facts;
    if (!top) return end === 'complete' ? { kind: 'absent' } : { kind: 'unreadable', why: `the list ended ${end}` };
    const replies = await comments.walkReplies(op, top, {
      isEnough: (list) => list.some((row) => isEcho(row.facts)),
      place: placeAmongAlike(top, rows),
    });
    const echo = replies?.rows.find((row) => isEcho(row.facts));
    if (echo) return { kind: 'found', itemId: echo.facts.id };
    return replies?.end === 'complete' ? { kind: 'absent' } : { kind: 'unreadable', why: 'the answers did not open' };
  } finally {
    comments.close();
  }
}

function echoOf(desk: Desk, request: SendRequest, sinceMs: number): (facts: CommentFacts) => boolean {
  const targetId: ItemId | undefined = request.toItemId;
  return (facts) => {
    if (facts.author?.id !== desk.selfId || normal(facts.text ?? '') !== normal(request.text)) return false;
    if ((facts.at ?? 0) < sinceMs - ECHO_SLACK_MS) return false;
    if (targetId === undefined) return facts.parentId === undefined;
    return facts.parentId === targetId || facts.replyToId === targetId || facts.parentId === request.target?.parentId;
  };
}
