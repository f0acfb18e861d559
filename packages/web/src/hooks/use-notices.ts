import type { NoticeBoxState } from '@hiscrm/client/notices/notice-box.ts';
import { useCallback, useSyncExternalStore } from 'react';
import { useClient } from './client-context.tsx';

/** The user's notices; renders again only when they change. */
export function useNotices(): NoticeBoxState {
  const client = useClient();
  const subscribe = useCallback((listener: () => void) => client.subscribe('notices', listener), [client]);
  return useSyncExternalStore(subscribe, () => client.notices());
}
