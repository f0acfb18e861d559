import { Drawer } from 'antd';
import { useNow } from '../../hooks/use-now.ts';
import { useAccounts, useWorkers } from '../../hooks/use-replica.ts';
import { useText } from '../../i18n/use-text.ts';
import { Empty } from '../../ui/empty.tsx';
import { AlertIcon } from '../../ui/icons.tsx';
import { Time } from '../../ui/time.tsx';
import { useDialogs } from './dialogs-store.ts';
import { accountName } from './names.ts';

/** Which Workers there are, and which accounts each one drives. */
export function WorkersDrawer() {
  const { t } = useText();
  const now = useNow();
  const { close } = useDialogs();
  const workers = useWorkers();
  const accounts = useAccounts();
  return (
    <Drawer open title={t('workers.title')} onClose={close} size={420}>
      {workers.length === 0 && <Empty icon={<AlertIcon />} title={t('workers.none')} text={t('workers.noneText')} />}
      {workers.map((worker) => {
        const driven = accounts.filter(({ record }) => record.lease?.workerId === worker.id);
        return (
          <section key={worker.id} style={{ padding: '12px 0', borderBottom: '1px solid var(--line)' }}>
            <div className="row-line">
              <span className={worker.isOnline ? 'dot dot-good' : 'dot'} />
              <h3 className="row-title truncate" style={{ fontSize: 14 }}>
                {worker.name}
              </h3>
              <span className="row-sub">{worker.version}</span>
            </div>
            <p className="row-sub">
              {worker.isOnline ? t('workers.online') : t('workers.offline')} · <Time at={worker.changedAt} now={now} />{' '}
              · {worker.platforms.join(', ')} · {t('workers.load', { count: driven.length, max: worker.maxAccounts })}
            </p>
            {driven.map(({ record }) => (
              <p key={record.id} className="row-text truncate">
                {accountName(record)}
              </p>
            ))}
          </section>
        );
      })}
    </Drawer>
  );
}
