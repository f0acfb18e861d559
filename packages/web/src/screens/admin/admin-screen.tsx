import { Tabs } from 'antd';
import { useText } from '../../i18n/use-text.ts';
import { AntdFrame } from '../../ui/antd-frame.tsx';
import './admin.css';
import { UsersPanel } from './users-panel.tsx';
import { WorkerKeysPanel } from './worker-keys-panel.tsx';

/** Users, what they may see, and the keys of Workers. */
export function AdminScreen() {
  const { t } = useText();
  return (
    <AntdFrame>
      <main className="admin">
        <h2>{t('admin.title')}</h2>
        <Tabs
          items={[
            { key: 'users', label: t('admin.users'), children: <UsersPanel /> },
            { key: 'keys', label: t('admin.keys'), children: <WorkerKeysPanel /> },
          ]}
        />
      </main>
    </AntdFrame>
  );
}
