import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { useListCursor } from '../../hooks/use-list-cursor.ts';
import { useAccounts, useHasSnapshot } from '../../hooks/use-replica.ts';
import { useText } from '../../i18n/use-text.ts';
import { useNavigation } from '../../store/navigation.ts';
import { type AccountOrder, usePreferences } from '../../store/preferences.ts';
import { useSession } from '../../store/session.ts';
import { Empty } from '../../ui/empty.tsx';
import { ChatIcon, PlusIcon, SearchIcon } from '../../ui/icons.tsx';
import { SkeletonRows } from '../../ui/skeleton-rows.tsx';
import { AccountRow } from './account-row.tsx';
import { chooseAccounts } from './choose-accounts.ts';
import { useDialogs } from './dialogs-store.ts';

const ROW_HEIGHT_PX = 82;
const ORDERS = [
  ['unread', 'order.unread'],
  ['newest', 'order.newest'],
  ['name', 'order.name'],
] as const;

/** The channels: every account with its state and its exact badge. */
export function AccountsPane() {
  const { t, locale } = useText();
  const accounts = useAccounts();
  const hasSnapshot = useHasSnapshot();
  const { accountOrder, set } = usePreferences();
  const { session } = useSession();
  const { open } = useDialogs();
  const [search, setSearch] = useState('');
  const isAdmin = session.kind === 'user' && session.user.role === 'admin';
  const shown = useMemo(
    () => chooseAccounts(accounts, { search, order: accountOrder, locale }),
    [accounts, search, accountOrder, locale],
  );
  return (
    <nav className="pane" aria-label={t('accounts.title')}>
      <div className="pane-head">
        <div className="search">
          <SearchIcon />
          <input
            className="field"
            type="search"
            data-search="accounts"
            value={search}
            placeholder={t('accounts.search')}
            aria-label={t('accounts.search')}
            onChange={(event) => setSearch(event.target.value)}
          />
        </div>
        {isAdmin && (
          <button
            type="button"
            className="btn btn-icon"
            aria-label={t('accounts.add')}
            title={t('accounts.add')}
            onClick={() => open({ kind: 'addAccount' })}
          >
            <PlusIcon />
          </button>
        )}
      </div>
      <div className="pane-tools">
        <span className="num">{t('accounts.count', { count: accounts.length })}</span>
        <select
          className="plain-select"
          style={{ marginLeft: 'auto' }}
          aria-label={t('order.title')}
          value={accountOrder}
          onChange={(event) => set({ accountOrder: event.target.value as AccountOrder })}
        >
          {ORDERS.map(([value, label]) => (
            <option key={value} value={value}>
              {t(label)}
            </option>
          ))}
        </select>
      </div>
      {!hasSnapshot ? (
        <SkeletonRows count={8} />
      ) : accounts.length === 0 ? (
        <Empty
          icon={<ChatIcon />}
          title={t('accounts.none')}
          text={isAdmin ? t('accounts.noneAdmin') : t('accounts.noneOperator')}
          action={
            isAdmin && (
              <button type="button" className="btn btn-primary" onClick={() => open({ kind: 'addAccount' })}>
                {t('accounts.add')}
              </button>
            )
          }
        />
      ) : shown.length === 0 ? (
        <Empty icon={<SearchIcon />} title={t('common.noMatch')} />
      ) : (
        <AccountList accounts={shown} />
      )}
    </nav>
  );
}

function AccountList({ accounts }: { readonly accounts: readonly AccountView[] }) {
  const { t } = useText();
  const scroller = useRef<HTMLDivElement>(null);
  const { route, openAccount } = useNavigation();
  const selectedId = route.screen === 'inbox' ? route.accountId : undefined;
  const virtualizer = useVirtualizer({
    count: accounts.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    getItemKey: (at) => accounts[at]?.record.id ?? at,
    overscan: 6,
  });
  const { cursorId, optionId, onKeyDown } = useListCursor({
    ids: accounts.map(({ record }) => record.id),
    selectedId,
    open: (at) => {
      const account = accounts[at];
      if (account) openAccount(account.record.id);
    },
    show: (at) => virtualizer.scrollToIndex(at),
  });
  return (
    <div
      className="pane-scroll"
      ref={scroller}
      role="listbox"
      tabIndex={0}
      aria-label={t('accounts.title')}
      {...(cursorId !== undefined && { 'aria-activedescendant': optionId(cursorId) })}
      onKeyDown={onKeyDown}
      data-list="accounts"
    >
      <div className="virtual" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ key, index: at, start }) => {
          const account = accounts[at];
          return (
            account && (
              <div
                key={key}
                className="virtual-row"
                data-index={at}
                ref={virtualizer.measureElement}
                style={{ transform: `translateY(${start}px)` }}
              >
                <AccountRow
                  account={account}
                  isSelected={account.record.id === selectedId}
                  isCursor={account.record.id === cursorId}
                  optionId={optionId(account.record.id)}
                />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}
