import { must } from '@hiscrm/shared/lib/must.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import type { StoreReader } from '../../store/store-reader.ts';
import { toSeconds } from '../../words/account-words.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../http-deps.ts';
import { OFFSET_LIMIT_COUNT } from '../im/im-schemas.ts';
import type { MergedItem } from '../im/merged-items.ts';
import { type ItemWindow, isItemRead, itemWindow, matchingItems, namedAccounts } from './item-window.ts';
import { internalId } from './reply-target.ts';
import { accountOf, count, ok, shortText, v1Route, visibleAccounts, who } from './v1-route.ts';

const LIMIT_COUNT = 1_000;
const DAY_MS = 24 * 60 * 60_000;
/** Epoch seconds up to the year 5138. */
const SECONDS_LIMIT = 99_999_999_999;

const optional = Type.Optional;
const listQuery = Type.Object({
  account_id: optional(shortText),
  platform: optional(shortText),
  is_read: optional(Type.Integer({ minimum: 0, maximum: 1 })),
  created_at_start: optional(count(SECONDS_LIMIT)),
  created_at_end: optional(count(SECONDS_LIMIT)),
  sort: optional(Type.Unsafe<'created_at'>(Type.String({ enum: ['created_at'] }))),
  order: optional(Type.Unsafe<'asc' | 'desc'>(Type.String({ enum: ['asc', 'desc', 'ASC', 'DESC'] }))),
  limit: optional(count(LIMIT_COUNT)),
  offset: optional(count(OFFSET_LIMIT_COUNT)),
});
const statsQuery = Type.Object({ account_id: optional(shortText) });

/** `/api/v1/cache`: comments and messages over all accounts that one may see. Every filter holds before the page is cut. */
export function addCacheRoutes(app: App, deps: HttpDeps): void {
  const { store, clock } = deps;
  app.get(
    '/api/v1/cache/comments',
    v1Route('viewer', 'Comments, newest first. created_at is seconds.', { querystring: listQuery }),
    (request) => page(store, request, 'content', (found) => commentJson(found, platformOf(store, found))),
  );
  app.get(
    '/api/v1/cache/messages',
    v1Route('viewer', 'Direct messages, newest first. created_at is ms.', { querystring: listQuery }),
    (request) => page(store, request, 'conversation', (found) => messageJson(found, platformOf(store, found))),
  );
  app.get(
    '/api/v1/cache/stats',
    v1Route('viewer', 'How many there are, unread ones, and those since midnight UTC.', { querystring: statsQuery }),
    async (request) => {
      const { account_id } = request.query as Static<typeof statsQuery>; // checked by the schema
      const accounts = namedAccounts(visibleAccounts(store, who(request)), { account_id });
      return ok(await statsOf(store, accounts, clock.now()));
    },
  );
}

async function page(
  store: StoreReader,
  request: FastifyRequest,
  kind: 'content' | 'conversation',
  show: (found: MergedItem) => object,
): Promise<object> {
  const query = request.query as Static<typeof listQuery>; // checked by the schema
  const { limit = 100, offset = 0, order, created_at_start: start, created_at_end: end } = query;
  if (query.account_id !== undefined) accountOf(store, who(request), query.account_id);
  const { items, total }: ItemWindow = await itemWindow(
    store,
    {
      accounts: namedAccounts(visibleAccounts(store, who(request)), query),
      kind,
      isRead: query.is_read === undefined ? undefined : query.is_read === 1,
      startAt: start === undefined ? undefined : start * 1_000,
      endAt: end === undefined ? undefined : end * 1_000,
    },
    { offset, limit, isOldestFirst: order?.toLowerCase() === 'asc' },
  );
  return { ...ok(items.map(show)), pagination: { total, limit, offset } };
}

async function statsOf(store: StoreReader, accounts: readonly AccountView[], now: number): Promise<object> {
  const sum = (read: (summary: AccountView['summary']) => number): number =>
    accounts.reduce((total, { summary }) => total + read(summary), 0);
  const midnightAt = now - (now % DAY_MS);
  const today = async (kind: 'content' | 'conversation'): Promise<number> => {
    let total = 0;
    const filter = { accounts, kind, isRead: undefined, startAt: midnightAt, endAt: undefined };
    for await (const _found of matchingItems(store, filter)) total += 1;
    return total;
  };
  const comments = sum(({ commentCount }) => commentCount);
  const messages = sum(({ messageCount }) => messageCount);
  const comments_unread = sum(({ unreadComments }) => unreadComments);
  const messages_unread = sum(({ unreadMessages }) => unreadMessages);
  return {
    comments,
    comments_unread,
    messages,
    messages_unread,
    today_comments: await today('content'),
    today_messages: await today('conversation'),
    total: comments + messages,
    total_unread: comments_unread + messages_unread,
  };
}

const platformOf = (store: StoreReader, { topic }: MergedItem): string =>
  must(store.account(topic.accountId), 'a listed item belongs to a known account').platform;

function commentJson(found: MergedItem, platform: string): object {
  const { topic, item } = found;
  const { facts } = item;
  return {
    id: internalId('comment', topic.accountId, facts.id),
    account_id: topic.accountId,
    platform,
    platform_comment_id: facts.id,
    content: facts.text,
    author_name: facts.author?.name ?? '',
    author_id: facts.author?.id ?? '',
    post_title: topic.kind === 'content' ? (topic.facts?.title ?? topic.facts?.description ?? '') : '',
    post_id: facts.topicId,
    created_at: toSeconds(facts.at),
    ...readMark(found),
  };
}

function messageJson(found: MergedItem, platform: string): object {
  const { topic, item } = found;
  const { facts } = item;
  const id = internalId('message', topic.accountId, facts.id);
  const direction = facts.direction === 'out' ? 'outbound' : 'inbound';
  const sender = { senderId: facts.author?.id ?? '', senderName: facts.author?.name ?? '' };
  const type = facts.kind === 'message' ? (facts.type ?? 'text') : 'text';
  const media = facts.media?.[0];
  return {
    id,
    account_id: topic.accountId,
    platform,
    platform_message_id: facts.id,
    conversation_id: facts.topicId,
    content: facts.text,
    sender_name: sender.senderName,
    sender_id: sender.senderId,
    direction,
    created_at: facts.at,
    ...readMark(found),
    data: {
      id,
      accountId: topic.accountId,
      platform,
      messageId: facts.id,
      conversationId: facts.topicId,
      ...sender,
      senderAvatar: facts.author?.avatarUrl ?? null,
      type,
      content: facts.text,
      mediaUrl: media?.url ?? null,
      thumbnailUrl: media?.thumbnailUrl ?? null,
      direction,
      isRecalled: facts.state === 'recalled',
      isRead: isItemRead(found),
      createdAt: facts.at,
      // The platform's raw payload is not kept.
      rawData: {},
    },
  };
}

/** `read_at` is known for items that were marked one by one; a read mark of the topic has no time of its own. */
function readMark(found: MergedItem): { readonly is_read: 0 | 1; readonly read_at: number | null } {
  const { readAt } = found.item;
  return { is_read: isItemRead(found) ? 1 : 0, read_at: readAt === undefined ? null : toSeconds(readAt) };
}
