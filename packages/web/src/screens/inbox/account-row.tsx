import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import { useNow } from '../../hooks/use-now.ts';
import { useWorkers } from '../../hooks/use-replica.ts';
import { useRun } from '../../hooks/use-run.ts';
import { useText } from '../../i18n/use-text.ts';
import { clockTime } from '../../lib/time-text.ts';
import { useNavigation } from '../../store/navigation.ts';
import { useSession } from '../../store/session.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Badge } from '../../ui/badge.tsx';
import { MoreIcon } from '../../ui/icons.tsx';
import { Menu, type MenuGroup } from '../../ui/menu.tsx';
import { Time } from '../../ui/time.tsx';
import { unreadOf } from './choose-accounts.ts';
import { useDialogs } from './dialogs-store.ts';
import { accountName, previewText } from './names.ts';
import { type SessionWords, sessionWords } from './session-words.ts';

const DOTS: Record<SessionWords['tone'], string> = {
  good: 'dot dot-good',
  busy: 'dot dot-busy',
  warn: 'dot dot-warn',
  bad: 'dot dot-bad',
  off: 'dot',
};
const TONES: Record<SessionWords['tone'], string> = {
  good: 'row-sub',
  busy: 'row-sub',
  warn: 'row-sub status-warn',
  bad: 'row-sub status-bad',
  off: 'row-sub',
};

/** One account in the list. */
export function AccountRow(props: {
  readonly account: AccountView;
  readonly isSelected: boolean;
  /** The keys are here. */
  readonly isCursor: boolean;
  readonly optionId: string;
}) {
  const { account, isSelected, isCursor, optionId } = props;
  const { t, locale } = useText();
  const now = useNow();
  const { openAccount } = useNavigation();
  const { open } = useDialogs();
  const { record, summary } = account;
  const words = sessionWords(record, useWorkers());
  const name = accountName(record);
  const needsLogin = words.key === 'session.loginRequired' || words.key === 'session.awaitingScan';
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list moves the selection by keys
    <div
      id={optionId}
      className={isCursor ? 'row row-cursor' : 'row'}
      role="option"
      tabIndex={-1}
      aria-selected={isSelected}
      data-account={record.id}
      onClick={() => openAccount(record.id)}
    >
      <span className="row-avatar">
        <Avatar id={record.id} name={record.profile?.nickname ?? name} url={record.profile?.avatarUrl} sizePx={42} />
        <span className={DOTS[words.tone]} />
      </span>
      <div className="row-body">
        <div className="row-line">
          <span className="row-title truncate" title={name}>
            {name}
          </span>
          {summary.last && <Time className="row-time" at={summary.last.at} now={now} />}
        </div>
        <div className="row-line">
          <span className="row-text truncate">{summary.last ? previewText(summary.last, t) : t('preview.none')}</span>
          <Badge count={unreadOf(account)} onExplain={() => open({ kind: 'explain', accountId: record.id })} />
        </div>
        <div className="row-line">
          <span className={`${TONES[words.tone]} truncate`} style={{ flex: 1 }}>
            {t(words.key)}
            {words.retryAt !== undefined && ` · ${t('session.retryAt', { time: clockTime(words.retryAt, locale) })}`}
            {` · ${platformName(record.platform)}`}
            {record.profile?.handle && ` · @${record.profile.handle}`}
          </span>
          {needsLogin ? (
            <button
              type="button"
              className="btn btn-small"
              onClick={(event) => {
                event.stopPropagation();
                open({ kind: 'login', accountId: record.id });
              }}
            >
              {t('account.login')}
            </button>
          ) : (
            <AccountMenu account={account} />
          )}
        </div>
      </div>
    </div>
  );
}

const PLATFORM_NAMES: Readonly<Record<string, string>> = { douyin: '抖音' };
const platformName = (platform: string): string => PLATFORM_NAMES[platform] ?? platform;

function AccountMenu({ account }: { readonly account: AccountView }) {
  const { t } = useText();
  const run = useRun();
  const { session } = useSession();
  const { open } = useDialogs();
  const { id, isPaused } = account.record;
  const role = session.kind === 'user' ? session.user.role : 'viewer';
  if (role === 'viewer') return null;
  const groups: MenuGroup[] = [
    {
      items: [
        {
          key: 'sync',
          label: t('account.sync'),
          run: () => void run('requestSync', { accountId: id }, t('account.syncAsked')),
        },
        { key: 'login', label: t('account.login'), run: () => open({ kind: 'login', accountId: id }) },
      ],
    },
  ];
  if (role === 'admin')
    groups.push({
      items: [
        { key: 'rename', label: t('account.rename'), run: () => open({ kind: 'renameAccount', accountId: id }) },
        {
          key: 'pause',
          label: isPaused ? t('account.resume') : t('account.pause'),
          run: () => void run('changeAccount', { accountId: id, isPaused: !isPaused }),
        },
        {
          key: 'remove',
          label: t('account.remove'),
          isDanger: true,
          run: () => open({ kind: 'removeAccount', accountId: id }),
        },
      ],
    });
  return (
    <span className="row-more">
      <Menu label={t('account.menu')} className="btn btn-quiet btn-small" button={<MoreIcon />} groups={groups} />
    </span>
  );
}
