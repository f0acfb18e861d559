import type { AccountId, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { TopicKind, TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import { lazy, Suspense, useMemo, useRef } from 'react';
import { useAccount, useAccounts, useHasSnapshot } from '../../hooks/use-replica.ts';
import { useShownReport } from '../../hooks/use-shown-report.ts';
import { useTitleBadge } from '../../hooks/use-title-badge.ts';
import { useText } from '../../i18n/use-text.ts';
import { useNavigation } from '../../store/navigation.ts';
import type { Route } from '../../store/route.ts';
import { Empty } from '../../ui/empty.tsx';
import { ErrorBoundary } from '../../ui/error-boundary.tsx';
import { AlertIcon, ChatIcon, CommentIcon } from '../../ui/icons.tsx';
import { SkeletonRows } from '../../ui/skeleton-rows.tsx';
import { WaitingNotices } from '../notices/waiting-notices.tsx';
import { AccountsPane } from './accounts-pane.tsx';
import { unreadOf } from './choose-accounts.ts';
import { useDialogs } from './dialogs-store.ts';
import { Header } from './header.tsx';
import './inbox.css';
import { MessagePane } from './message-pane.tsx';
import { OfflineNotice } from './offline-notice.tsx';
import { TopicsPane } from './topics-pane.tsx';
import { useFocusBack } from './use-focus-back.ts';
import { usePaneFocus } from './use-pane-focus.ts';
import { useShortcuts } from './use-shortcuts.ts';

const WorksPane = lazy(async () => ({ default: (await import('./works-pane.tsx')).WorksPane }));
const AdminScreen = lazy(async () => ({ default: (await import('../admin/admin-screen.tsx')).AdminScreen }));
const Dialogs = lazy(async () => ({ default: (await import('./dialogs.tsx')).Dialogs }));

/** The whole room: accounts, topics, messages; or the administration. */
export function InboxScreen() {
  const { route } = useNavigation();
  const { dialog } = useDialogs();
  const accounts = useAccounts();
  useTitleBadge(accounts.reduce((sum, account) => sum + unreadOf(account), 0));
  useShortcuts();
  useFocusBack();
  return (
    <div className="shell">
      <Header />
      <OfflineNotice />
      {route.screen === 'admin' ? (
        <Guarded>
          <Suspense fallback={<SkeletonRows count={6} />}>
            <AdminScreen />
          </Suspense>
        </Guarded>
      ) : (
        <Panes route={route} />
      )}
      <WaitingNotices />
      {dialog && (
        <Suspense fallback={null}>
          <Dialogs dialog={dialog} />
        </Suspense>
      )}
    </div>
  );
}

function Panes({ route }: { readonly route: Extract<Route, { screen: 'inbox' }> }) {
  const { t } = useText();
  const account = useAccount(route.accountId);
  const hasSnapshot = useHasSnapshot();
  useShownReport();
  const isWide = !account || route.tab === 'works';
  const kind = route.tab === 'messages' ? 'conversation' : 'content';
  const topicRef = useStableRef(account?.record.id, kind, route.topicId);
  const panes = useRef<HTMLDivElement>(null);
  const isReading = topicRef !== undefined && !isWide;
  usePaneFocus(panes, { tab: route.tab, pane: `${account?.record.id}:${isReading ? topicRef.id : ''}` });
  const names = ['panes', isWide && 'panes-wide', account && 'panes-account', topicRef && 'panes-reading'];
  return (
    <div ref={panes} className={names.filter(Boolean).join(' ')}>
      <Guarded>
        <AccountsPane />
      </Guarded>
      {!account ? (
        <main className="pane">
          {route.accountId && hasSnapshot ? (
            <Empty icon={<AlertIcon />} title={t('account.gone')} text={t('account.goneText')} />
          ) : (
            <Empty icon={<ChatIcon />} title={t('inbox.choose')} text={t('inbox.chooseText')} />
          )}
        </main>
      ) : route.tab === 'works' ? (
        <Guarded key={`works:${account.record.id}`}>
          <Suspense fallback={<SkeletonRows count={8} />}>
            <WorksPane account={account} />
          </Suspense>
        </Guarded>
      ) : (
        <>
          <Guarded key={`${account.record.id}:${route.tab}`}>
            <TopicsPane account={account} tab={route.tab} />
          </Guarded>
          {topicRef ? (
            <Guarded key={`${topicRef.accountId}:${topicRef.kind}:${topicRef.id}`}>
              <MessagePane account={account} topicRef={topicRef} />
            </Guarded>
          ) : (
            <main className="pane pane-messages">
              <Empty icon={<CommentIcon />} title={t('inbox.chooseTopic')} text={t('inbox.chooseTopicText')} />
            </main>
          )}
        </>
      )}
    </div>
  );
}

/** The same object while it names the same topic, so that effects do not start over. */
function useStableRef(
  accountId: AccountId | undefined,
  kind: TopicKind,
  id: TopicId | undefined,
): TopicRef | undefined {
  return useMemo(() => (accountId && id ? { accountId, kind, id } : undefined), [accountId, kind, id]);
}

/** A bug in one pane leaves the others usable. */
function Guarded({ children }: { readonly children: React.ReactNode }) {
  const { t } = useText();
  return (
    <ErrorBoundary
      fallback={(retry) => (
        <div className="pane">
          <Empty
            icon={<AlertIcon />}
            title={t('error.bug')}
            text={t('error.bugText')}
            action={
              <button type="button" className="btn" onClick={retry}>
                {t('common.retry')}
              </button>
            }
          />
        </div>
      )}
    >
      {children}
    </ErrorBoundary>
  );
}
