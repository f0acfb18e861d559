import { useConnection } from '../../hooks/use-replica.ts';
import { useText } from '../../i18n/use-text.ts';

/** Says, while there is no connection, that the screen stands still and that nothing written is lost. */
export function OfflineNotice() {
  const { t } = useText();
  const connection = useConnection();
  if (connection.kind === 'waiting' && connection.attempt > 1)
    return (
      <div className="notice" role="status">
        {t('connection.offlineText')}
      </div>
    );
  if (connection.kind === 'refused')
    return (
      <div className="notice notice-danger" role="alert">
        {t(connection.reason === 'unsupportedProtocol' ? 'connection.oldPageText' : 'connection.refusedText')}
      </div>
    );
  return <div />;
}
