import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { Modal } from 'antd';
import { useEffect } from 'react';
import { useNow } from '../../hooks/use-now.ts';
import { useAccount, useWorkers } from '../../hooks/use-replica.ts';
import { useRun } from '../../hooks/use-run.ts';
import { useText } from '../../i18n/use-text.ts';
import { clockTime } from '../../lib/time-text.ts';
import { useDialogs } from './dialogs-store.ts';
import { accountName } from './names.ts';
import { sessionWords } from './session-words.ts';

/** Asks the Worker to open the platform's login and shows its QR code until somebody has scanned it. */
export function LoginDialog({ accountId }: { readonly accountId: AccountId }) {
  const { t, locale } = useText();
  const run = useRun();
  const now = useNow();
  const { close } = useDialogs();
  const account = useAccount(accountId);
  const workers = useWorkers();
  useEffect(() => void run('startLogin', { accountId }), [run, accountId]);
  if (!account) return null;
  const { session } = account.record;
  return (
    <Modal
      open
      title={t('login.dialog', { name: accountName(account.record) })}
      footer={null}
      onCancel={close}
      width={380}
    >
      <div className="login-form" style={{ justifyItems: 'center', textAlign: 'center' }} role="status">
        {session.kind === 'awaitingScan' ? (
          <>
            <img
              src={session.qrImage}
              alt={t('login.qrAlt')}
              width={220}
              height={220}
              style={{ background: '#fff', borderRadius: 8, padding: 8, imageRendering: 'pixelated' }}
            />
            <p>{t('login.scan')}</p>
            <p className="login-hint">
              {session.expiresAt > now
                ? t('login.expires', { time: clockTime(session.expiresAt, locale) })
                : t('login.expired')}
            </p>
          </>
        ) : (
          <>
            <p>{t(sessionWords(account.record, workers).key)}</p>
            <p className="login-hint">{session.kind === 'online' ? t('login.done') : t('login.waiting')}</p>
          </>
        )}
        <button type="button" className="btn" onClick={() => void run('startLogin', { accountId })}>
          {t('login.again')}
        </button>
      </div>
    </Modal>
  );
}
