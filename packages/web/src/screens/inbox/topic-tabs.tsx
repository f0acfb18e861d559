import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import { useText } from '../../i18n/use-text.ts';
import { exactCount } from '../../lib/count-text.ts';
import { useNavigation } from '../../store/navigation.ts';
import type { Tab } from '../../store/route.ts';
import { Badge } from '../../ui/badge.tsx';
import { AccountHead } from './account-head.tsx';
import { useDialogs } from './dialogs-store.ts';

/** Comments, direct messages, works: each with its exact badge, which explains itself on a click. */
export function TopicTabs({ account, tab }: { readonly account: AccountView; readonly tab: Tab }) {
  const { t, locale } = useText();
  const { openTab } = useNavigation();
  const { open } = useDialogs();
  const { summary, record } = account;
  const tabs = [
    { key: 'comments', label: t('tab.comments'), unreadCount: summary.unreadComments, topicKind: 'content' },
    { key: 'messages', label: t('tab.messages'), unreadCount: summary.unreadMessages, topicKind: 'conversation' },
    { key: 'works', label: t('tab.works'), unreadCount: 0, topicKind: 'content' },
  ] as const;
  return (
    <>
      <AccountHead account={account} />
      <div className="tabs" role="tablist" aria-label={t('tab.title')}>
        {tabs.map(({ key, label, unreadCount, topicKind }) => (
          <span key={key} style={{ display: 'inline-flex', alignItems: 'center' }}>
            <button type="button" className="tab" role="tab" aria-selected={tab === key} onClick={() => openTab(key)}>
              {label}
              {key === 'works' && <span className="badge badge-muted">{exactCount(summary.contentCount, locale)}</span>}
            </button>
            <Badge count={unreadCount} onExplain={() => open({ kind: 'explain', accountId: record.id, topicKind })} />
          </span>
        ))}
      </div>
    </>
  );
}
