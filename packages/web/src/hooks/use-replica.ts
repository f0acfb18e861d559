/** The replica as hooks: each renders again only when its own slice changed. */
import type { ClientSlice } from '@hiscrm/client/client.ts';
import type { Connection } from '@hiscrm/client/link/connection.ts';
import type { PendingReply } from '@hiscrm/client/outbox/outbox.ts';
import type { WindowView } from '@hiscrm/client/replica/open-topic.ts';
import { listSlice, topicSlice, windowSlice } from '@hiscrm/client/replica/slice.ts';
import type { TopicListView } from '@hiscrm/client/replica/topic-lists.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { WorkerRecord } from '@hiscrm/shared/model/records.ts';
import type { TopicKind, TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { useClient } from './client-context.tsx';

function useSlice<T>(slice: ClientSlice, get: () => T): T {
  const client = useClient();
  const subscribe = useCallback((listener: () => void) => client.subscribe(slice, listener), [client, slice]);
  return useSyncExternalStore(subscribe, get);
}

export function useAccounts(): readonly AccountView[] {
  const client = useClient();
  return useSlice('accounts', () => client.replica.accounts());
}

export function useAccount(id: AccountId | undefined): AccountView | undefined {
  const accounts = useAccounts();
  return id && accounts.find(({ record }) => record.id === id);
}

export function useWorkers(): readonly WorkerRecord[] {
  const client = useClient();
  return useSlice('workers', () => client.replica.workers());
}

export function useConnection(): Connection {
  const client = useClient();
  return useSlice('connection', () => client.connection());
}

/** Whether the first snapshot has arrived: before it, an empty list says nothing. */
export function useHasSnapshot(): boolean {
  const client = useClient();
  return useSlice('accounts', () => client.replica.position !== undefined);
}

export function usePendingReplies(): readonly PendingReply[] {
  const client = useClient();
  return useSlice('outbox', () => client.pendingReplies());
}

/** An account's works or conversations; asks for them on first use. */
export function useTopics(accountId: AccountId, kind: TopicKind): TopicListView {
  const client = useClient();
  useEffect(() => client.loadTopics(accountId, kind), [client, accountId, kind]);
  return useSlice(listSlice(accountId, kind), () => client.replica.list(accountId, kind));
}

export function useTopic(ref: TopicRef): TopicView | undefined {
  const client = useClient();
  return useSlice(topicSlice(ref), () => client.replica.topic(ref));
}

/** A topic's items; keeps it open while the component shows it. Give it a ref whose fields, not identity, matter. */
export function useWindow(ref: TopicRef): WindowView | undefined {
  const client = useClient();
  const { accountId, kind, id } = ref;
  useEffect(() => client.openTopic({ accountId, kind, id }), [client, accountId, kind, id]);
  return useSlice(windowSlice(ref), () => client.replica.window(ref));
}
