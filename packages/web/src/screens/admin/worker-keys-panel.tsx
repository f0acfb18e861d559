import { Button, Input, Modal, Popconfirm, Table } from 'antd';
import { useState } from 'react';
import { useText } from '../../i18n/use-text.ts';
import { fullTime } from '../../lib/time-text.ts';
import { adminApi, type WorkerKey } from '../../link/admin-api.ts';
import { FetchedView } from '../fetched-view.tsx';
import { useRestList } from './use-rest-list.ts';

/** The keys that Workers log in with. A key is shown once. */
export function WorkerKeysPanel() {
  const { t, locale } = useText();
  const { state, reload, change } = useRestList(adminApi.workerKeys);
  const [name, setName] = useState('');
  const [made, setMade] = useState<string>();
  const submit = async (): Promise<void> => {
    const added = await change(adminApi.addWorkerKey(name.trim()));
    if (!added) return;
    setName('');
    setMade(added.key);
  };
  return (
    <>
      <form
        className="admin-form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Input
          style={{ width: 240 }}
          value={name}
          maxLength={60}
          placeholder={t('admin.keyName')}
          aria-label={t('admin.keyName')}
          onChange={(event) => setName(event.target.value)}
        />
        <Button type="primary" htmlType="submit" disabled={name.trim() === ''}>
          {t('admin.addKey')}
        </Button>
      </form>
      <FetchedView state={state} reload={reload}>
        {(list) => (
          <Table<WorkerKey>
            rowKey="name"
            dataSource={[...list]}
            pagination={false}
            scroll={{ x: 'max-content' }}
            columns={[
              { title: t('admin.keyName'), dataIndex: 'name' },
              { title: t('admin.since'), render: (_, key) => fullTime(key.createdAt, locale) },
              {
                title: '',
                render: (_, key) => (
                  <Popconfirm
                    title={t('admin.revokeKey', { name: key.name })}
                    onConfirm={() => void change(adminApi.revokeWorkerKey(key.name))}
                  >
                    <Button danger type="text">
                      {t('admin.revoke')}
                    </Button>
                  </Popconfirm>
                ),
              },
            ]}
          />
        )}
      </FetchedView>
      <Modal
        open={made !== undefined}
        title={t('admin.keyMade')}
        cancelButtonProps={{ style: { display: 'none' } }}
        onOk={() => setMade(undefined)}
        onCancel={() => setMade(undefined)}
      >
        <p>{t('admin.keyOnce')}</p>
        <p className="admin-key">{made}</p>
      </Modal>
    </>
  );
}
