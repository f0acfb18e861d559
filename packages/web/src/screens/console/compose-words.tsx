import { NOTICE_CONTENT_LIMIT_CHARS, NOTICE_TITLE_LIMIT_CHARS } from '@hiscrm/shared/model/notice.ts';
import { Input, Select } from 'antd';
import { useText } from '../../i18n/use-text.ts';
import type { Templates } from '../../link/notice-api.ts';
import { Field } from './field.tsx';
import type { SendForm } from './plan-send.ts';
import { gapsOf } from './template-words.ts';

/** As the server takes it. */
const VALUE_LIMIT_CHARS = 1_000;
const CONTENT_ROWS = 6;

/** What a notice says: words of its own, or a template and values for its gaps. */
export function ComposeWords(props: {
  readonly form: SendForm;
  readonly isLocked: boolean;
  readonly templates: Templates;
  readonly change: (patch: Partial<SendForm>) => void;
}) {
  const { t } = useText();
  const { form, isLocked, templates, change } = props;
  const names = Object.keys(templates).toSorted();
  const template = templates[form.template];
  return (
    <>
      {(names.length > 0 || form.template !== '') && (
        <Field label={t('console.template')} isWide>
          {(id) => (
            <Select
              id={id}
              value={form.template}
              disabled={isLocked}
              showSearch
              options={[
                { value: '', label: t('console.noTemplate') },
                ...names.map((value) => ({ value, label: value })),
              ]}
              onChange={(name) => change({ template: name })}
            />
          )}
        </Field>
      )}
      {template === undefined ? (
        <OwnWords {...props} />
      ) : (
        gapsOf(template).map((gap) => (
          <Field key={gap} label={t('console.variable', { name: gap })}>
            {(id) => (
              <Input
                id={id}
                value={form.variables[gap] ?? ''}
                maxLength={VALUE_LIMIT_CHARS}
                onChange={({ target }) => change({ variables: { ...form.variables, [gap]: target.value } })}
              />
            )}
          </Field>
        ))
      )}
    </>
  );
}

function OwnWords({ form, change }: { readonly form: SendForm; readonly change: (patch: Partial<SendForm>) => void }) {
  const { t } = useText();
  return (
    <>
      <Field label={t('console.title')} isWide>
        {(id) => (
          <Input
            id={id}
            value={form.title}
            maxLength={NOTICE_TITLE_LIMIT_CHARS}
            onChange={({ target }) => change({ title: target.value })}
          />
        )}
      </Field>
      <Field label={t('console.content')} isWide>
        {(id) => (
          <Input.TextArea
            id={id}
            value={form.content}
            rows={CONTENT_ROWS}
            maxLength={NOTICE_CONTENT_LIMIT_CHARS}
            showCount
            onChange={({ target }) => change({ content: target.value })}
          />
        )}
      </Field>
    </>
  );
}
