import { userIdSchema } from '@hiscrm/shared/model/ids.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import { Alert, Button, Input, Popconfirm, Select, Table } from 'antd';
import { useCallback, useState } from 'react';
import { useFetched } from '../../hooks/use-fetched.ts';
import { useProblemText } from '../../hooks/use-problem-text.ts';
import { useText } from '../../i18n/use-text.ts';
import { exactCount } from '../../lib/count-text.ts';
import { type AdminUser, adminApi } from '../../link/admin-api.ts';
import { type Groups, noticeApi } from '../../link/notice-api.ts';
import type { RestOutcome } from '../../link/rest.ts';
import { useToasts } from '../../store/toasts.ts';
import { Empty } from '../../ui/empty.tsx';
import { PlusIcon } from '../../ui/icons.tsx';
import { FetchedView } from '../fetched-view.tsx';
import './console.css';
import { EditorFoot } from './editor-foot.tsx';
import { Field } from './field.tsx';
import { isSettingName } from './template-words.ts';

const NAME_LIMIT_CHARS = 60;
const MEMBERS_SHOWN_COUNT = 6;
type Known = { readonly groups: Groups; readonly users: readonly AdminUser[] };
/** An empty name is a group that is being made. */
type Open = { readonly name: string } | undefined;

/** Named sets of users that notices go to. */
export function GroupsPanel() {
  const { t } = useText();
  const { state, reload } = useFetched(useCallback(groupsAndUsers, []));
  const [open, setOpen] = useState<Open>();
  return (
    <FetchedView state={state} reload={reload}>
      {(known) =>
        open ? (
          <GroupEditor key={open.name} name={open.name} known={known} close={() => setOpen(undefined)} saved={reload} />
        ) : (
          <>
            <div className="admin-form">
              <Button type="primary" icon={<PlusIcon />} onClick={() => setOpen({ name: '' })}>
                {t('groups.add')}
              </Button>
            </div>
            <GroupTable known={known} open={(name) => setOpen({ name })} changed={reload} />
          </>
        )
      }
    </FetchedView>
  );
}

async function groupsAndUsers(): Promise<RestOutcome<Known>> {
  const [groups, users] = await Promise.all([noticeApi.groups(), adminApi.users()]);
  if (groups.kind !== 'done') return groups;
  if (users.kind !== 'done') return users;
  return { kind: 'done', value: { groups: groups.value, users: users.value } };
}

type Line = { readonly name: string; readonly userIds: readonly string[] };

function GroupTable(props: {
  readonly known: Known;
  readonly open: (name: string) => void;
  readonly changed: () => void;
}) {
  const { t, locale } = useText();
  const { tell } = useToasts();
  const problemText = useProblemText();
  const { groups, users } = props.known;
  const nameOf = new Map(users.map(({ id, username }) => [id, username]));
  const remove = async (name: string): Promise<void> => {
    const outcome = await noticeApi.putGroup(name, []);
    if (outcome.kind !== 'done') tell(problemText(outcome), true);
    props.changed();
  };
  const members = (userIds: readonly string[]): string => {
    const shown = userIds.slice(0, MEMBERS_SHOWN_COUNT).map((id) => nameOf.get(id) ?? id);
    return [...shown, ...(userIds.length > shown.length ? ['…'] : [])].join(', ');
  };
  return (
    <Table<Line>
      rowKey="name"
      dataSource={Object.entries(groups)
        .map(([name, userIds]) => ({ name, userIds }))
        .toSorted((one, other) => one.name.localeCompare(other.name))}
      pagination={false}
      scroll={{ x: 'max-content' }}
      locale={{ emptyText: <Empty title={t('console.noGroups')} text={t('groups.noneText')} /> }}
      columns={[
        {
          title: t('groups.name'),
          render: (_, { name }) => (
            <button type="button" className="console-link" onClick={() => props.open(name)}>
              {name}
            </button>
          ),
        },
        { title: t('groups.count'), render: (_, { userIds }) => exactCount(userIds.length, locale) },
        { title: t('groups.members'), render: (_, { userIds }) => members(userIds) },
        {
          title: '',
          render: (_, { name }) => (
            <Popconfirm title={t('groups.removeAsk', { name })} onConfirm={() => void remove(name)}>
              <Button danger type="text" aria-label={t('templates.remove', { name })}>
                {t('common.remove')}
              </Button>
            </Popconfirm>
          ),
        },
      ]}
    />
  );
}

const parseUserId = parserOf(userIdSchema);

function GroupEditor(props: {
  readonly name: string;
  readonly known: Known;
  readonly close: () => void;
  readonly saved: () => void;
}) {
  const { t } = useText();
  const { tell } = useToasts();
  const problemText = useProblemText();
  const { groups, users } = props.known;
  const isNew = props.name === '';
  const [name, setName] = useState(props.name);
  const [userIds, setUserIds] = useState<readonly string[]>(groups[props.name] ?? []);
  const [problem, setProblem] = useState<string>();
  const [isSaving, setSaving] = useState(false);
  const missing = !isSettingName(name.trim())
    ? t('templates.missingName')
    : isNew && groups[name.trim()]
      ? t('groups.taken')
      : userIds.length === 0
        ? t('groups.missingUsers')
        : undefined;
  const others = userIds.filter((id) => !users.some((user) => user.id === id));
  // Somebody who writes a name means the user of that name.
  const idOf = (text: string): string => users.find(({ username }) => username === text.trim())?.id ?? text.trim();
  const save = async (): Promise<void> => {
    if (missing !== undefined) return;
    setSaving(true);
    setProblem(undefined);
    const outcome = await noticeApi.putGroup(name.trim(), userIds);
    setSaving(false);
    if (outcome.kind !== 'done') return setProblem(problemText(outcome));
    tell(t('groups.saved', { name: name.trim() }), false);
    props.saved();
    props.close();
  };
  return (
    <form
      className="console-narrow"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Field label={t('groups.name')} isWide>
        {(id) => (
          <Input
            id={id}
            value={name}
            disabled={!isNew}
            maxLength={NAME_LIMIT_CHARS}
            onChange={({ target }) => setName(target.value)}
          />
        )}
      </Field>
      <Field label={t('groups.members')} isWide>
        {(id) => (
          <Select
            id={id}
            mode="tags"
            value={[...userIds]}
            optionFilterProp="label"
            options={users.map((user) => ({ value: user.id, label: user.username }))}
            onChange={(chosen: string[]) => setUserIds(chosen.map(idOf).filter((userId) => parseUserId(userId).ok))}
          />
        )}
      </Field>
      <p className="row-sub">{t('groups.membersHint')}</p>
      {others.length > 0 && (
        <Alert
          type="warning"
          showIcon
          title={t('groups.others', { ids: others.slice(0, MEMBERS_SHOWN_COUNT).join(', ') })}
        />
      )}
      <EditorFoot missing={missing} problem={problem} isSaving={isSaving} close={props.close} />
    </form>
  );
}
