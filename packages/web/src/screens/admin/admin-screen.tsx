import { Tabs } from 'antd';
import { useText } from '../../i18n/use-text.ts';
import { AntdFrame } from '../../ui/antd-frame.tsx';
import { ComposePanel } from '../console/compose-panel.tsx';
import { GroupsPanel } from '../console/groups-panel.tsx';
import { HubPanel } from '../console/hub-panel.tsx';
import { RecordsPanel } from '../console/records-panel.tsx';
import { TemplatesPanel } from '../console/templates-panel.tsx';
import './admin.css';
import { UsersPanel } from './users-panel.tsx';
import { WorkerKeysPanel } from './worker-keys-panel.tsx';

/** Users, what they may see, the keys of Workers, and notices. */
export function AdminScreen() {
  const { t } = useText();
  return (
    <AntdFrame>
      <main className="admin">
        <h2>{t('admin.title')}</h2>
        <Tabs
          destroyOnHidden
          items={[
            { key: 'users', label: t('admin.users'), children: <UsersPanel /> },
            { key: 'keys', label: t('admin.keys'), children: <WorkerKeysPanel /> },
            { key: 'compose', label: t('console.compose'), children: <ComposePanel /> },
            { key: 'templates', label: t('templates.title'), children: <TemplatesPanel /> },
            { key: 'groups', label: t('groups.title'), children: <GroupsPanel /> },
            { key: 'records', label: t('console.records'), children: <RecordsPanel /> },
            { key: 'hub', label: t('console.hub'), children: <HubPanel /> },
          ]}
        />
      </main>
    </AntdFrame>
  );
}
