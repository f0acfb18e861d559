import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { mayRead, type Principal } from '@hiscrm/shared/model/visibility.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { QueryName, QueryParams, QueryResults } from '@hiscrm/shared/protocol/queries.ts';
import { noticeFrameOf } from '../notices/notice-frames.ts';
import type { NoticeHub } from '../notices/notice-hub.ts';
import { isWithdrawn } from '../notices/record-flags.ts';
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
  const found = hub.history(userId, params.before, params.limit);
  const language = hub.languageOf(userId);
  const last = found.at(-1)?.record.place;
  return {
    notices: found.map(({ notice, record }) => ({
      notice: noticeFrameOf(notice, { offset: record.place, language, isOffline: false }),
      ...senderOf(hub, notice.notice.senderId),
      ...(record.readAt > 0 && { readAt: record.readAt }),
      ...(record.confirmedAt > 0 && { confirmedAt: record.confirmedAt }),
      ...(isWithdrawn(record.flags) && { isWithdrawn: true as const }),
    })),
    ...(found.length === params.limit && last !== undefined && { nextBefore: last }),
    unreadCount: hub.book.mailboxes.get(userId)?.unreadCount ?? 0,
  };
}
