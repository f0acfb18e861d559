import { NOTICE_PRIORITIES } from '@hiscrm/shared/model/notice.ts';
import { Alert, Table } from 'antd';
import { useCallback } from 'react';
import { useText } from '../../i18n/use-text.ts';
import type { TextKey } from '../../i18n/zh-cn.ts';
import { exactCount } from '../../lib/count-text.ts';
import { durationText, fullTime } from '../../lib/time-text.ts';
import { type DirectoryState, type HubStats, noticeApi, type OnlineUser } from '../../link/notice-api.ts';
import { SkeletonRows } from '../../ui/skeleton-rows.tsx';
import { PriorityTag } from '../notices/priority-tag.tsx';
import './console.css';
import { usePoll } from './use-poll.ts';

const POLL_MS = 2_000;
const ONLINE_POLL_MS = 10_000;
const ONLINE_SHOWN_COUNT = 100;
const PERCENT = 100;

/** Whether the notification hub is well, and why not. */
export function HubPanel() {
  const { t } = useText();
  const ask = useCallback(() => noticeApi.stats(), []);
  const { value: stats, isStale } = usePoll(ask, { everyMs: POLL_MS });
  if (!stats) return isStale ? <Alert type="error" showIcon title={t('error.noAnswer')} /> : <SkeletonRows count={4} />;
  const isWell = stats.state === 'ok';
  return (
    <div className="console-hub" data-hub={stats.state}>
      {isStale && <Alert type="warning" showIcon title={t('console.stale')} />}
      <Alert
        type={isWell ? 'success' : 'warning'}
        showIcon
        title={isWell ? t('console.hubOk') : t('console.hubDegraded')}
        description={isWell ? undefined : stats.degraded_because.join('; ')}
      />
      <Figures stats={stats} />
      <Lanes stats={stats} />
      <Directory stats={stats} />
      <Online />
    </div>
  );
}

function Figures({ stats }: { readonly stats: HubStats }) {
  const { t, locale } = useText();
  const count = (value: number): string => exactCount(value, locale);
  const ms = (value: number): string => t('connection.latency', { ms: value.toFixed(1) });
  const figures = [
    [t('console.connections'), count(stats.active_connections)],
    [t('console.usersOnline'), count(stats.unique_users)],
    [t('console.acceptedNotices'), count(stats.accepted_notices)],
    [t('console.pushed'), count(stats.total_messages)],
    [t('console.waitingOffline'), count(stats.waiting_offline)],
    ['p50', ms(stats.latency_ms.p50)],
    ['p95', ms(stats.latency_ms.p95)],
    ['p99', ms(stats.latency_ms.p99)],
    [t('console.dropped'), count(stats.dropped)],
    [t('console.refused'), count(stats.refused)],
    [t('console.slow'), count(stats.slow_consumers)],
    [t('console.errorRate'), `${(stats.error_rate * PERCENT).toFixed(2)} %`],
    [t('console.loopLag'), ms(stats.event_loop_lag_ms)],
    [t('console.uptime'), durationText(stats.uptime_s * 1_000)],
  ];
  return (
    <dl className="console-figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="num">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Lanes({ stats }: { readonly stats: HubStats }) {
  const { t, locale } = useText();
  const most = Math.max(1, ...Object.values(stats.queue_size));
  return (
    <section>
      <h3>{t('console.lanes')}</h3>
      {NOTICE_PRIORITIES.toReversed().map((priority) => (
        <div key={priority} className="console-lane">
          <PriorityTag priority={priority} />
          <meter min={0} max={most} value={stats.queue_size[priority]} />
          <span className="num">{exactCount(stats.queue_size[priority], locale)}</span>
        </div>
      ))}
    </section>
  );
}

const DIRECTORY_WORDS: Readonly<Record<DirectoryState, TextKey>> = {
  own: 'directory.own',
  loading: 'directory.loading',
  fresh: 'directory.fresh',
  stale: 'directory.stale',
  absent: 'directory.absent',
};

/** The users that notices can go to, and whether another system's can be read. */
function Directory({ stats }: { readonly stats: HubStats }) {
  const { t, locale } = useText();
  const { state, users, ownUsers, refusedRows, lastReadAt, lastError } = stats.directory;
  const isTrouble = state === 'stale' || state === 'absent';
  return (
    <section data-directory={state}>
      <h3>{t('directory.title')}</h3>
      <p className={isTrouble ? 'status-warn' : undefined}>{t(DIRECTORY_WORDS[state])}</p>
      <p className="row-sub">
        {t('directory.users', { count: exactCount(users, locale), own: exactCount(ownUsers, locale) })}
        {lastReadAt !== null && ` · ${t('directory.readAt', { time: fullTime(lastReadAt, locale) })}`}
        {refusedRows > 0 && ` · ${t('directory.refused', { count: exactCount(refusedRows, locale) })}`}
      </p>
      {lastError !== undefined && <p className="status-warn">{lastError}</p>}
    </section>
  );
}

function Online() {
  const { t, locale } = useText();
  const ask = useCallback(() => noticeApi.online({ page_size: ONLINE_SHOWN_COUNT }), []);
  const { value } = usePoll(ask, { everyMs: ONLINE_POLL_MS });
  return (
    <section>
      <h3>{t('console.online', { count: exactCount(value?.total ?? 0, locale) })}</h3>
      {value && value.total > value.items.length && (
        <p className="row-sub">{t('console.firstOf', { count: value.items.length })}</p>
      )}
      <Table<OnlineUser>
        rowKey="user_id"
        size="small"
        scroll={{ x: 'max-content' }}
        loading={!value}
        pagination={false}
        dataSource={[...(value?.items ?? [])]}
        columns={[
          { title: t('login.username'), dataIndex: 'username' },
          { title: t('console.connections'), dataIndex: 'connections' },
          { title: t('console.onlineSince'), render: (_, user) => fullTime(Date.parse(user.online_time), locale) },
          { title: t('console.address'), dataIndex: 'client_ip' },
        ]}
      />
    </section>
  );
}
