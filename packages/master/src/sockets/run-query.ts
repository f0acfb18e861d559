import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { mayRead, type Principal } from '@hiscrm/shared/model/visibility.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { QueryName, QueryParams, QueryResults } from '@hiscrm/shared/protocol/queries.ts';
import { groupDigests } from '../notices/digest.ts';
import { frameOf } from '../notices/notice-frames.ts';
import type { NoticeHub } from '../notices/notice-hub.ts';
import type { NoticeLanguage } from '../notices/notice-language.ts';
import { isWithdrawn } from '../notices/record-flags.ts';
import type { HistoryItem } from '../notices/user-history.ts';
import type { StoreReader } from '../store/store-reader.ts';

/** A query as a socket read it. */
export type QueryRequest = {
  [N in QueryName]: { readonly name: N; readonly params: QueryParams<N> };
}[QueryName];

/** What queries are answered from. Without `notices` nobody has any. */
export type QuerySources = { readonly store: StoreReader; readonly notices?: NoticeHub | undefined };

/**
 * Answers from the store what the user may see. An account that may not be seen and one that does not exist are the same
 * ACCOUNT_NOT_FOUND.
 */
export function runQuery(
  { store, notices }: QuerySources,
  principal: Principal,
  request: QueryRequest,
): QueryResults[keyof QueryResults] {
  switch (request.name) {
    case 'topics':
      checkAccount(store, principal, request.params.accountId);
      return store.topics(request.params);
    case 'topic':
      checkAccount(store, principal, request.params.topic.accountId);
      return store.topic(request.params.topic) ?? { missing: true };
    case 'items':
      checkAccount(store, principal, request.params.topic.accountId);
      return store.items(request.params);
    case 'unreadItems': {
      const { accountId, topic } = request.params;
      checkAccount(store, principal, accountId);
      if (topic && topic.accountId !== accountId) {
        throw new ImError('BAD_REQUEST', { reason: 'the topic belongs to another account' });
      }
      return store.unreadItems(request.params);
    }
    case 'notices':
      return notices ? noticeHistory(notices, principal.userId, request.params) : { notices: [], unreadCount: 0 };
    default:
      return unreachable(request);
  }
}

function checkAccount(store: StoreReader, principal: Principal, accountId: AccountId): void {
  if (!mayRead(principal, accountId) || !store.account(accountId)) throw new ImError('ACCOUNT_NOT_FOUND');
}

/** Nothing for what the machine sent, and for a user who is gone. */
function senderOf(hub: NoticeHub, senderId: Principal['userId']): { readonly sender?: string } {
  const sender = hub.directory.nameOf(senderId);
  return sender === undefined ? {} : { sender };
}

function noticeHistory(
  hub: NoticeHub,
  userId: Principal['userId'],
  params: QueryParams<'notices'>,
): QueryResults['notices'] {
  const { items, nextBefore } = hub.history(userId, params.before, params.limit);
  const language = hub.languageOf(userId);
  const entries = items.map(({ notice, record }) => ({
    notice,
    record,
    place: record.place,
    // Each of them may be taken back; the digest is what is left.
    heldUntil: isWithdrawn(record.flags) ? 0 : record.heldUntil,
  }));
  return {
    notices: groupDigests(entries).map((group) => viewOf(hub, group, language)),
    ...(nextBefore !== undefined && { nextBefore }),
    unreadCount: hub.book.mailboxes.get(userId)?.unreadCount ?? 0,
  };
}

/** A notice, or a digest: that is read once all of it is. */
function viewOf(
  hub: NoticeHub,
  group: readonly [HistoryItem, ...HistoryItem[]],
  language: NoticeLanguage,
): QueryResults['notices']['notices'][number] {
  const [{ notice, record }] = group;
  const notices = group.map((item) => item.notice);
  const isRead = group.every((item) => item.record.readAt > 0);
  return {
    notice: frameOf(notices, { offset: record.place, language, isOffline: false }),
    ...(group.length === 1 && senderOf(hub, notice.notice.senderId)),
    ...(isRead && { readAt: Math.max(...group.map((item) => item.record.readAt)) }),
    ...(record.confirmedAt > 0 && { confirmedAt: record.confirmedAt }),
    ...(isWithdrawn(record.flags) && { isWithdrawn: true as const }),
  };
}
