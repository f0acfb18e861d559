import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AccountId, ReplyId } from '@hiscrm/shared/model/ids.ts';
import { REPLY_TEXT_LIMIT_CHARS, type ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import { mayRead, type Principal } from '@hiscrm/shared/model/visibility.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import type { StoreReader } from '../../store/store-reader.ts';
import { idOf } from '../../words/foreign-values.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../http-deps.ts';
import { LegacyError } from './legacy-error.ts';
import { replyTarget, TARGET_TYPES } from './reply-target.ts';
import { keyOf, type ReplyStatus, replyJson, replyStatusOf } from './reply-words.ts';
import { accountOf, count, ok, shortText, v1Route, visibleAccounts, who } from './v1-route.ts';

const REQUIRED = ['request_id', 'account_id', 'target_type', 'target_id', 'reply_content'] as const;
/** With its prefix it is an idempotency key. */
const REQUEST_ID_LIMIT_CHARS = 90;
const LIST_LIMIT_COUNT = 1_000;
/** Replies read from disk in one go; other requests get their turn between. */
const PAGE_COUNT = 200;

const optional = Type.Optional;
const anyId = optional(Type.Union([shortText, Type.Number(), Type.Null()]));
const context = { video_id: anyId, user_id: anyId, platform_target_id: anyId };
const replySchema = Type.Object({
  request_id: anyId,
  account_id: anyId,
  target_type: anyId,
  target_id: anyId,
  reply_content: optional(Type.Union([Type.String({ maxLength: 100_000 }), Type.Null()])),
  ...context,
  context: optional(Type.Union([Type.Object(context), Type.Null()])),
});
type Body = Static<typeof replySchema>;
const listQuery = Type.Object({
  account_id: optional(shortText),
  status: optional(shortText),
  limit: optional(count(LIST_LIMIT_COUNT)),
});
const replyParams = Type.Object({ replyId: shortText });
const accountParams = Type.Object({ accountId: shortText });

/** `/api/v1/replies`: asked for once a request id, and readable for as long as the account is, whatever became of them. */
export function addReplyRoutes(app: App, deps: HttpDeps): void {
  const { store } = deps;
  app.post(
    '/api/v1/replies',
    v1Route('operator', 'Asks for an answer to a comment, a work or a direct message.', { body: replySchema }, 201),
    (request, reply) => postReply(deps, request, reply),
  );
  app.get('/api/v1/replies/:replyId', v1Route('viewer', 'One reply.', { params: replyParams }), (request) => {
    const { replyId } = request.params as Static<typeof replyParams>; // checked by the schema
    const found = store.reply(replyId as ReplyId); // text of the address; an unknown one finds nothing
    if (!found || !mayRead(who(request), found.accountId)) throw new LegacyError('REPLY_NOT_FOUND', 'Reply not found');
    return ok(replyJson(found));
  });
  app.get(
    '/api/v1/replies',
    v1Route('viewer', 'Replies, newest first.', { querystring: listQuery }),
    async (request) => {
      const data = (await listReplies(store, who(request), request.query as Static<typeof listQuery>)).map(replyJson); // checked by the schema
      return { ...ok(data), total: data.length };
    },
  );
  app.get(
    '/api/v1/replies/account/:accountId/stats',
    v1Route('viewer', 'What became of an account’s replies.', { params: accountParams }),
    async (request) => {
      const { accountId } = request.params as Static<typeof accountParams>; // checked by the schema
      return ok(await statsOf(store, accountOf(store, who(request), accountId).id));
    },
  );
}

async function postReply(deps: HttpDeps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { store, v1 } = deps;
  const principal = who(request);
  const body = request.body as Body; // checked by the schema
  const { accountId, requestId, text, type } = checkBody(body);
  const account = accountOf(store, principal, accountId);
  const key = keyOf(requestId);
  const known = store.replyByKey(principal.userId, key);
  if (known) {
    const status = replyStatusOf(known);
    throw new LegacyError('KEY_REUSED', 'Duplicate request', {
      reply_id: known.id,
      status,
      message: 'This request was already submitted; it is not sent again.',
    });
  }
  if (account.isPaused) {
    throw new LegacyError('BAD_REQUEST', 'Account is not active', { account_status: 'paused' });
  }
  const given = { ...body, ...(body.context ?? {}) };
  const target = replyTarget(store, {
    accountId: account.id,
    type,
    targetId: idOf(body.target_id) ?? '',
    videoId: idOf(given.video_id),
    userId: idOf(given.user_id),
  });
  const result = await v1.runCommand(principal, { name: 'sendReply', params: { ...target, text }, key });
  const reply_id = 'replyId' in result ? result.replyId : '';
  const status: ReplyStatus = 'pending';
  return reply
    .code(201)
    .send({ success: true, reply_id, request_id: requestId, status, message: 'Reply request submitted' });
}

function checkBody(body: Body) {
  if (REQUIRED.some((name) => body[name] === undefined || body[name] === null || body[name] === '')) {
    throw new LegacyError('BAD_REQUEST', 'Missing required fields', { required: REQUIRED });
  }
  const type = TARGET_TYPES.find((one) => one === body.target_type);
  if (type === undefined)
    throw new LegacyError('BAD_REQUEST', `Invalid target_type: must be ${TARGET_TYPES.join(', ')}`);
  const requestId = String(body.request_id);
  if (requestId.length > REQUEST_ID_LIMIT_CHARS) {
    throw new LegacyError('BAD_REQUEST', `request_id may have at most ${REQUEST_ID_LIMIT_CHARS} characters`);
  }
  const text = String(body.reply_content);
  if (text.trim() === '') throw new LegacyError('BAD_REQUEST', 'reply_content must not be empty');
  if (text.length > REPLY_TEXT_LIMIT_CHARS) {
    throw new LegacyError('BAD_REQUEST', `reply_content may have at most ${REPLY_TEXT_LIMIT_CHARS} characters`);
  }
  return { accountId: String(body.account_id), requestId, text, type };
}

/** Newest first over the accounts that the user may see. */
async function listReplies(
  store: StoreReader,
  principal: Principal,
  query: Static<typeof listQuery>,
): Promise<readonly ReplyRecord[]> {
  const { limit = 100, status } = query;
  const ids =
    query.account_id === undefined
      ? visibleAccounts(store, principal).map(({ record }) => record.id)
      : [accountOf(store, principal, query.account_id).id];
  const found: ReplyRecord[] = [];
  for (const accountId of ids) {
    let room = limit;
    for await (const reply of repliesOf(store, accountId)) {
      if (room <= 0) break;
      if (status !== undefined && replyStatusOf(reply) !== status) continue;
      found.push(reply);
      room -= 1;
    }
  }
  return found.sort((a, b) => b.requestedAt - a.requestedAt).slice(0, limit);
}

/** Every reply of an account, newest first, with turns of the event loop between pages. */
async function* repliesOf(store: StoreReader, accountId: AccountId): AsyncGenerator<ReplyRecord, void, undefined> {
  for (let before: number | undefined; ; ) {
    const page = store.replies({ accountId, limit: PAGE_COUNT, before });
    yield* page.replies;
    if (page.nextBefore === undefined) return;
    before = page.nextBefore;
    await nextTurn();
  }
}

async function statsOf(store: StoreReader, accountId: AccountId): Promise<object> {
  const counts: Record<ReplyStatus, number> = { pending: 0, executing: 0, success: 0, failed: 0, unknown: 0 };
  let endedMs = 0;
  let total = 0;
  for await (const reply of repliesOf(store, accountId)) {
    counts[replyStatusOf(reply)] += 1;
    total += 1;
    if (reply.state.kind === 'sent') endedMs += reply.state.at - reply.requestedAt;
  }
  const settled = counts.success + counts.failed;
  return {
    account_id: accountId,
    total_replies: total,
    success_count: counts.success,
    failed_count: counts.failed,
    pending_count: counts.pending + counts.executing,
    unknown_count: counts.unknown,
    avg_execution_time_ms: counts.success > 0 ? Math.round(endedMs / counts.success) : null,
    success_rate: settled > 0 ? `${((counts.success / settled) * 100).toFixed(2)}%` : 'N/A',
  };
}
