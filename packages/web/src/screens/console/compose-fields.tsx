import { NOTICE_PRIORITIES } from '@hiscrm/shared/model/notice.ts';
import { ROLES } from '@hiscrm/shared/model/visibility.ts';
import { Checkbox, Select } from 'antd';
import { useCallback } from 'react';
import { useText } from '../../i18n/use-text.ts';
import type { TextKey } from '../../i18n/zh-cn.ts';
import { adminApi } from '../../link/admin-api.ts';
import { noticeApi, type Templates } from '../../link/notice-api.ts';
import { ROLE_WORDS } from '../admin/role-words.ts';
import { useRestList } from '../admin/use-rest-list.ts';
import { PRIORITY_WORDS, typeWord, WRITTEN_TYPES } from '../notices/notice-words.ts';
import { ComposeWords } from './compose-words.tsx';
import { Field } from './field.tsx';
import { type SendForm, TARGET_KINDS, type TargetKind } from './plan-send.ts';

/** 0 = nobody is reminded. */
const REMIND_HOURS = [0, 1, 4, 24];
const DEPUTY_HOURS = [1, 4, 24, 72];
const TARGET_WORDS: Record<TargetKind, TextKey> = {
  all: 'console.targetAll',
  admins: 'console.targetAdmins',
  role: 'console.targetRole',
  group: 'console.targetGroup',
  users: 'console.targetUsers',
};

type FieldsProps = {
  readonly form: SendForm;
  readonly isLocked: boolean;
  readonly change: (patch: Partial<SendForm>) => void;
};

/** What a notice says, how urgent it is, and when it is valid. */
export function ComposeFields({ form, isLocked, templates, change }: FieldsProps & { readonly templates: Templates }) {
  const { t } = useText();
  return (
    <fieldset className="console-fields" disabled={isLocked}>
      <Field label={t('console.type')}>
        {(id) => (
          <Select
            id={id}
            value={form.type}
            disabled={isLocked}
            options={WRITTEN_TYPES.map((value) => ({ value, label: typeWord(value, t) }))}
            onChange={(type) => change({ type })}
          />
        )}
      </Field>
      <Field label={t('console.priority')}>
        {(id) => (
          <Select
            id={id}
            value={form.priority}
            disabled={isLocked}
            options={NOTICE_PRIORITIES.map((value) => ({ value, label: t(PRIORITY_WORDS[value]) }))}
            onChange={(priority) => change({ priority })}
          />
        )}
      </Field>
      <ComposeWords form={form} isLocked={isLocked} templates={templates} change={change} />
      <TargetFields form={form} isLocked={isLocked} change={change} />
      <Field label={t('console.sendAt')}>
        {(id) => <When id={id} value={form.sendAt} set={(sendAt) => change({ sendAt })} />}
      </Field>
      <Field label={t('console.expires')}>
        {(id) => <When id={id} value={form.expires} set={(expires) => change({ expires })} />}
      </Field>
      <Checkbox checked={form.needConfirm} onChange={({ target }) => change({ needConfirm: target.checked })}>
        {t('console.needConfirm')}
      </Checkbox>
      {form.needConfirm && <ConfirmFields form={form} isLocked={isLocked} change={change} />}
    </fieldset>
  );
}

/** What happens while somebody has not confirmed. */
function ConfirmFields({ form, isLocked, change }: FieldsProps) {
  const { t } = useText();
  const users = useRestList(adminApi.users).list ?? [];
  return (
    <>
      <Field label={t('console.remind')} isWide>
        {(id) => (
          <Select
            id={id}
            value={form.remindHours}
            disabled={isLocked}
            options={REMIND_HOURS.map((value) => ({
              value,
              label: value === 0 ? t('console.never') : t('console.everyHours', { count: value }),
            }))}
            onChange={(remindHours) => change({ remindHours })}
          />
        )}
      </Field>
      <Field label={t('console.deputy')}>
        {(id) => (
          <Select
            id={id}
            value={form.deputyUserId}
            disabled={isLocked}
            options={[
              { value: '', label: t('console.nobody') },
              ...users.map((user) => ({ value: user.id, label: user.username })),
            ]}
            onChange={(deputyUserId) => change({ deputyUserId })}
          />
        )}
      </Field>
      {form.deputyUserId !== '' && (
        <Field label={t('console.deputyAfter')}>
          {(id) => (
            <Select
              id={id}
              value={form.deputyHours}
              disabled={isLocked}
              options={DEPUTY_HOURS.map((value) => ({ value, label: t('console.hours', { count: value }) }))}
              onChange={(deputyHours) => change({ deputyHours })}
            />
          )}
        </Field>
      )}
    </>
  );
}

function TargetFields({ form, isLocked, change }: FieldsProps) {
  const { t } = useText();
  const users = useRestList(adminApi.users).list ?? [];
  const groups = useRestList(useCallback(groupNames, [])).list ?? [];
  const userOptions = users.map(({ id, username }) => ({ value: id, label: username }));
  return (
    <>
      <Field label={t('console.target')}>
        {(id) => (
          <Select
            id={id}
            value={form.targetKind}
            disabled={isLocked}
            options={TARGET_KINDS.map((value) => ({ value, label: t(TARGET_WORDS[value]) }))}
            onChange={(targetKind) => change({ targetKind })}
          />
        )}
      </Field>
      {form.targetKind === 'role' && (
        <Field label={t('admin.role')}>
          {(id) => (
            <Select
              id={id}
              value={form.role}
              disabled={isLocked}
              options={ROLES.map((value) => ({ value: value as string, label: t(ROLE_WORDS[value]) }))}
              onChange={(role) => change({ role })}
            />
          )}
        </Field>
      )}
      {form.targetKind === 'group' && (
        <Field label={t('console.targetGroup')}>
          {(id) => (
            <Select
              id={id}
              value={form.group === '' ? null : form.group}
              disabled={isLocked}
              placeholder={groups.length === 0 ? t('console.noGroups') : ''}
              options={groups.map((value) => ({ value, label: value }))}
              onChange={(group) => change({ group: group ?? '' })}
            />
          )}
        </Field>
      )}
      {form.targetKind === 'users' && (
        <Field label={t('console.targetUsers')} isWide>
          {(id) => (
            <Select
              id={id}
              mode="multiple"
              value={[...form.userIds]}
              disabled={isLocked}
              optionFilterProp="label"
              options={userOptions}
              onChange={(userIds: string[]) => change({ userIds })}
            />
          )}
        </Field>
      )}
      <Field label={t('console.exclude')} isWide>
        {(id) => (
          <Select
            id={id}
            mode="multiple"
            value={[...form.excludeUserIds]}
            disabled={isLocked}
            optionFilterProp="label"
            options={userOptions}
            onChange={(excludeUserIds: string[]) => change({ excludeUserIds })}
          />
        )}
      </Field>
    </>
  );
}

/** Groups are named sets of users; only their names are chosen here. */
async function groupNames() {
  const outcome = await noticeApi.groups();
  return outcome.kind === 'done' ? { kind: 'done' as const, value: Object.keys(outcome.value) } : outcome;
}

/** The browser's own field knows the calendar of the person who sits there. */
function When(props: { readonly id: string; readonly value: string; readonly set: (value: string) => void }) {
  return (
    <input
      id={props.id}
      type="datetime-local"
      className="field"
      value={props.value}
      onChange={({ target }) => props.set(target.value)}
    />
  );
}
