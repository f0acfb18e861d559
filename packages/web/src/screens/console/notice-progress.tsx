import { Alert, Progress } from 'antd';
import { useCallback } from 'react';
import { useText } from '../../i18n/use-text.ts';
import { exactCount } from '../../lib/count-text.ts';
import { noticeApi, type ReceiveStatus } from '../../link/notice-api.ts';
import { usePoll } from './use-poll.ts';

const POLL_MS = 1_000;
const FULL = 100;

/** How far a notice has come, renewed every second until everybody has answered or nothing more can come. */
export function NoticeProgress(props: { readonly messageId: string; readonly needConfirm: boolean }) {
  const { t, locale } = useText();
  const { messageId, needConfirm } = props;
  const ask = useCallback(() => noticeApi.status(messageId), [messageId]);
  const isLast = useCallback((status: ReceiveStatus) => isSettled(status, needConfirm), [needConfirm]);
  const { value, isStale } = usePoll(ask, { everyMs: POLL_MS, isLast });
  const total = value?.total ?? 0;
  const steps = [
    ['console.accepted', total],
    ['console.delivered', value?.received ?? 0],
    ['console.read', value?.read ?? 0],
    ...(needConfirm ? ([['console.confirmed', value?.confirmed ?? 0]] as const) : []),
  ] as const;
  return (
    <section className="console-progress" aria-live="polite" data-progress={messageId}>
      {isStale && <Alert type="warning" title={t('error.noAnswer')} showIcon />}
      {steps.map(([key, count]) => (
        <div key={key} className="console-step" data-step={key}>
          <span>{t(key)}</span>
          <Progress percent={total === 0 ? 0 : Math.floor((count / total) * FULL)} size="small" showInfo={false} />
          <span className="num">
            {t('console.of', { count: exactCount(count, locale), total: exactCount(total, locale) })}
          </span>
        </div>
      ))}
      {value && value.pending > 0 && (
        <p className="row-sub">{t('console.pending', { count: exactCount(value.pending, locale) })}</p>
      )}
      {value && value.expired + value.failed > 0 && (
        <p className="row-sub">{t('console.lost', { count: exactCount(value.expired + value.failed, locale) })}</p>
      )}
    </section>
  );
}

function isSettled(status: ReceiveStatus, needConfirm: boolean): boolean {
  if (status.status === 'recalled' || status.status === 'superseded') return true;
  const answered = needConfirm ? status.confirmed : status.read;
  return status.status !== 'scheduled' && answered + status.expired + status.failed >= status.total;
}
