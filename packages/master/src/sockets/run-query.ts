import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { mayRead, type Principal } from '@hiscrm/shared/model/visibility.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { QueryName, QueryParams, QueryResults } from '@hiscrm/shared/protocol/queries.ts';
import type { StoreReader } from '../store/store-reader.ts';

export type QueryRequest = {
  [N in QueryName]: { readonly name: N; readonly params: QueryParams<N> };
}[QueryName];

/**
 * Answers from the store what the user may see. An account that may not be seen and one that does not exist are the same
 * ACCOUNT_NOT_FOUND.
 */
export function runQuery(
  store: StoreReader,
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
    default:
      return unreachable(request);
  }
}

function checkAccount(store: StoreReader, principal: Principal, accountId: AccountId): void {
  if (!mayRead(principal, accountId) || !store.account(accountId)) throw new ImError('ACCOUNT_NOT_FOUND');
}
