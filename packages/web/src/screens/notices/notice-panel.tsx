import type { NoticeEntry } from '@hiscrm/client/notices/notice-box.ts';
import { useState } from 'react';
import { useClient } from '../../hooks/client-context.tsx';
import { useNotices } from '../../hooks/use-notices.ts';
import { useSettle } from '../../hooks/use-settle.ts';
import { useText } from '../../i18n/use-text.ts';
import { exactCount } from '../../lib/count-text.ts';
import { Empty } from '../../ui/empty.tsx';
import { AlertIcon, BellIcon, SettingsIcon } from '../../ui/icons.tsx';
import { SkeletonRows } from '../../ui/skeleton-rows.tsx';
import { isUnreadNotice, NoticeRow } from './notice-row.tsx';

type Filter = 'unread' | 'all';

/** The user's notices, newest first, with their history. */
export function NoticePanel({ openPreferences }: { readonly openPreferences: () => void }) {
  const { t, locale } = useText();
  const client = useClient();
  const settle = useSettle();
  const { list, unreadCount, load } = useNotices();
  const [filter, setFilter] = useState<Filter>(unreadCount > 0 ? 'unread' : 'all');
  // What was read just now stays in sight until the panel is opened again: a row must not vanish under the pointer.
  const [readHere, setReadHere] = useState<ReadonlySet<string>>(new Set());
  const shown = list.filter(
    (entry) => filter === 'all' || isUnreadNotice(entry) || readHere.has(entry.notice.messageId),
  );
  const read = async (entry: NoticeEntry): Promise<void> => {
    setReadHere((known) => new Set([...known, entry.notice.messageId]));
    settle(await client.readNotices([entry.notice.messageId]));
  };
  return (
    <>
      <header className="bell-head">
        <h2>{t('notices.title')}</h2>
        <button
          type="button"
          className="btn btn-quiet btn-small"
          disabled={unreadCount === 0}
          onClick={() => void client.readNotices('all').then(settle)}
        >
          {t('notices.readAll')}
        </button>
        <button
          type="button"
          className="btn btn-quiet btn-icon"
          aria-label={t('preferences.title')}
          title={t('preferences.title')}
          onClick={openPreferences}
        >
          <SettingsIcon />
        </button>
      </header>
      <div className="tabs" role="tablist">
        <FilterTab filter={filter} own="unread" set={setFilter}>
          {t('notices.unread')} <span className="num">{exactCount(unreadCount, locale)}</span>
        </FilterTab>
        <FilterTab filter={filter} own="all" set={setFilter}>
          {t('notices.all')}
        </FilterTab>
      </div>
      <div className="bell-list">
        {shown.map((entry) => (
          <NoticeRow key={entry.notice.messageId} entry={entry} read={() => void read(entry)} />
        ))}
        {shown.length === 0 && load === 'ready' && <NothingHere filter={filter} />}
        {load === 'loading' && list.length === 0 && <SkeletonRows count={4} />}
        {load === 'failed' && (
          <Empty
            icon={<AlertIcon />}
            title={t('error.loadFailed')}
            text={t('error.noAnswer')}
            action={
              <button type="button" className="btn" onClick={() => client.reloadNotices()}>
                {t('common.retry')}
              </button>
            }
          />
        )}
        <Older />
      </div>
    </>
  );
}

function FilterTab(props: {
  readonly filter: Filter;
  readonly own: Filter;
  readonly set: (filter: Filter) => void;
  readonly children: React.ReactNode;
}) {
  return (
    <button
      type="button"
      className="tab"
      role="tab"
      aria-selected={props.filter === props.own}
      onClick={() => props.set(props.own)}
    >
      {props.children}
    </button>
  );
}

function NothingHere({ filter }: { readonly filter: Filter }) {
  const { t } = useText();
  const { unreadCount } = useNotices();
  if (filter === 'all') return <Empty icon={<BellIcon />} title={t('notices.none')} text={t('notices.noneText')} />;
  // The unread ones may be further back than what is loaded.
  if (unreadCount > 0) return <Empty icon={<BellIcon />} title={t('notices.unreadOlder', { count: unreadCount })} />;
  return <Empty icon={<BellIcon />} title={t('notices.noUnread')} />;
}

function Older() {
  const { t } = useText();
  const client = useClient();
  const { older } = useNotices();
  if (older === 'none') return null;
  return (
    <div className="bell-older">
      {older === 'full' ? (
        <span className="row-sub">{t('notices.full')}</span>
      ) : (
        <button
          type="button"
          className="btn btn-small"
          disabled={older === 'loading'}
          onClick={() => client.loadOlderNotices()}
        >
          {older === 'loading' ? t('common.loading') : older === 'failed' ? t('common.retry') : t('notices.older')}
        </button>
      )}
    </div>
  );
}
