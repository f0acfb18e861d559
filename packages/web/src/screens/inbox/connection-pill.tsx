import { useEffect, useState } from 'react';
import { useClient } from '../../hooks/client-context.tsx';
import { useConnection } from '../../hooks/use-replica.ts';
import { useText } from '../../i18n/use-text.ts';

/** Whether what is on the screen is live, in one line, with the way to help. */
export function ConnectionPill() {
  const { t } = useText();
  const client = useClient();
  const connection = useConnection();
  const seconds = useSecondsUntil(connection.kind === 'waiting' ? connection.retryAt : undefined);
  switch (connection.kind) {
    case 'live':
      return (
        <span className="link-state" role="status">
          <span className="dot dot-good" />
          <span className="gives-way">{t('connection.live')}</span>
          {connection.latencyMs !== undefined && (
            <span className="num gives-way" title={t('connection.latencyHint')}>
              {t('connection.latency', { ms: connection.latencyMs })}
            </span>
          )}
        </span>
      );
    case 'idle':
    case 'connecting':
      return (
        <span className="link-state" role="status">
          <span className="dot dot-busy" />
          <span className="gives-way">{t('connection.connecting')}</span>
        </span>
      );
    case 'waiting':
      return (
        <span className="link-state" role="status">
          <span className="dot dot-warn" />
          <span aria-hidden="true">{t('connection.waiting', { seconds })}</span>
          <span className="sr-only">{t('connection.offline')}</span>
          <button type="button" className="btn btn-small" onClick={() => client.start()}>
            {t('connection.now')}
          </button>
        </span>
      );
    case 'refused':
      return (
        <span className="link-state" role="alert">
          <span className="dot dot-bad" />
          {t(connection.reason === 'unsupportedProtocol' ? 'connection.oldPage' : 'connection.refused')}
          <button type="button" className="btn btn-small" onClick={() => location.reload()}>
            {t('connection.reload')}
          </button>
        </span>
      );
    case 'closed':
      return <span className="link-state">{t('connection.offline')}</span>;
    default:
      return connection satisfies never;
  }
}

function useSecondsUntil(at: number | undefined): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (at === undefined) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [at]);
  return at === undefined ? 0 : Math.max(0, Math.ceil((at - now) / 1_000));
}
