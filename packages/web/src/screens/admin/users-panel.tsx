import { ROLES, type Role } from '@hiscrm/shared/model/visibility.ts';
import { Button, Input, Popconfirm, Select, Table } from 'antd';
import { useState } from 'react';
import { useAccounts } from '../../hooks/use-replica.ts';
import { useText } from '../../i18n/use-text.ts';
import { fullTime } from '../../lib/time-text.ts';
import { type AdminUser, adminApi } from '../../link/admin-api.ts';
import { useSession } from '../../store/session.ts';
import { FetchedView } from '../fetched-view.tsx';
import { accountName } from '../inbox/names.ts';
import { ROLE_WORDS } from './role-words.ts';
import { useRestList } from './use-rest-list.ts';

/** As short as the server accepts. */
const SHORTEST_PASSWORD_CHARS = 8;
const ALL = 'all';

/** Who may log in, as what, and which accounts they see. */
export function UsersPanel() {
  const { t, locale } = useText();
  const { state, reload, change } = useRestList(adminApi.users);
  const { session } = useSession();
  const accounts = useAccounts();
  const own = session.kind === 'user' ? session.user.username : '';
  const roles = ROLES.map((value) => ({ value, label: t(ROLE_WORDS[value]) }));
  const grants = [
    { value: ALL, label: t('admin.allAccounts') },
    ...accounts.map(({ record }) => ({ value: record.id as string, label: accountName(record) })),
  ];
  return (
    <>
      <AddUser roles={roles} add={(user) => change(adminApi.addUser(user))} />
      <FetchedView state={state} reload={reload}>
        {(list) => (
          <Table<AdminUser>
            rowKey="id"
            dataSource={[...list]}
            pagination={false}
            scroll={{ x: 'max-content' }}
            columns={[
              { title: t('login.username'), dataIndex: 'username' },
              {
                title: t('admin.role'),
                render: (_, user) => (
                  <Select
                    value={user.role}
                    options={roles}
                    disabled={user.username === own}
                    style={{ width: 130 }}
                    aria-label={t('admin.role')}
                    onChange={(role) => void change(adminApi.changeUser(user.username, { role }))}
                  />
                ),
              },
              {
                title: t('admin.grants'),
                render: (_, user) => (
                  <Select
                    mode="multiple"
                    value={user.grants === 'all' ? [ALL] : [...user.grants]}
                    options={grants}
                    disabled={user.role === 'admin'}
                    style={{ width: 260 }}
                    maxTagCount="responsive"
                    aria-label={t('admin.grants')}
                    onChange={(chosen: string[]) =>
                      void change(adminApi.changeUser(user.username, { grants: grantsOf(chosen, user) }))
                    }
                  />
                ),
              },
              { title: t('admin.since'), render: (_, user) => fullTime(user.createdAt, locale) },
              {
                title: '',
                render: (_, user) =>
                  user.username !== own && (
                    <Popconfirm
                      title={t('admin.removeUser', { name: user.username })}
                      onConfirm={() => void change(adminApi.removeUser(user.username))}
                    >
                      <Button danger type="text">
                        {t('common.remove')}
                      </Button>
                    </Popconfirm>
                  ),
              },
            ]}
          />
        )}
      </FetchedView>
    </>
  );
}

/** Choosing "all" beside single accounts means all; choosing an account beside "all" means that account. */
function grantsOf(chosen: readonly string[], user: AdminUser): AdminUser['grants'] {
  if (chosen.includes(ALL) && user.grants !== 'all') return 'all';
  return chosen.filter((id) => id !== ALL) as unknown as AdminUser['grants']; // ids of the options above
}

function AddUser(props: {
  readonly roles: { readonly value: Role; readonly label: string }[];
  readonly add: (user: { username: string; password: string; role: Role }) => Promise<unknown>;
}) {
  const { t } = useText();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState<Role>('operator');
  const isReady = username.trim() !== '' && password.length >= SHORTEST_PASSWORD_CHARS;
  const submit = async (): Promise<void> => {
    const added = await props.add({ username: username.trim(), password, role });
    if (added === undefined) return;
    setUsername('');
    setPassword('');
  };
  return (
    <form
      className="admin-form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Input
        style={{ width: 180 }}
        value={username}
        maxLength={60}
        autoComplete="off"
        placeholder={t('login.username')}
        aria-label={t('login.username')}
        onChange={(event) => setUsername(event.target.value)}
      />
      <Input.Password
        style={{ width: 240 }}
        value={password}
        maxLength={200}
        autoComplete="new-password"
        placeholder={t('admin.firstPassword', { count: SHORTEST_PASSWORD_CHARS })}
        aria-label={t('login.password')}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Select
        style={{ width: 130 }}
        value={role}
        options={props.roles}
        aria-label={t('admin.role')}
        onChange={setRole}
      />
      <Button type="primary" htmlType="submit" disabled={!isReady}>
        {t('admin.addUser')}
      </Button>
    </form>
  );
}
