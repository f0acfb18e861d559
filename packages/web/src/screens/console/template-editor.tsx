import { NOTICE_CONTENT_LIMIT_CHARS, NOTICE_TITLE_LIMIT_CHARS } from '@hiscrm/shared/model/notice.ts';
import { Input } from 'antd';
import { useState } from 'react';
import { useProblemText } from '../../hooks/use-problem-text.ts';
import { useText } from '../../i18n/use-text.ts';
import { noticeApi, type Templates } from '../../link/notice-api.ts';
import { useToasts } from '../../store/toasts.ts';
import { LANGUAGE_NAMES, WORD_LANGUAGES, type WordLanguage } from '../notices/notice-words.ts';
import { EditorFoot } from './editor-foot.tsx';
import { Field } from './field.tsx';
import { gapsOf, planTemplate, type TemplateForm, templateForm } from './template-words.ts';
import { WordCards } from './word-cards.tsx';

const NAME_LIMIT_CHARS = 60;
const CONTENT_ROWS = 4;
const MISSING = {
  name: 'templates.missingName',
  taken: 'templates.taken',
  words: 'templates.missingWords',
  titleOnly: 'templates.titleOnly',
} as const;

/** Writes one template and shows what becomes of it. An empty name is a template that is being made. */
export function TemplateEditor(props: {
  readonly name: string;
  readonly templates: Templates;
  readonly close: () => void;
  readonly saved: () => void;
}) {
  const { t } = useText();
  const { tell } = useToasts();
  const problemText = useProblemText();
  const isNew = props.name === '';
  const [form, setForm] = useState<TemplateForm>(() => templateForm(props.name, props.templates[props.name]));
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [problem, setProblem] = useState<string>();
  const [isSaving, setSaving] = useState(false);
  const plan = planTemplate(form, isNew ? Object.keys(props.templates) : []);
  const save = async (): Promise<void> => {
    if (plan.kind !== 'ready') return;
    setSaving(true);
    setProblem(undefined);
    const outcome = await noticeApi.putTemplate(plan.name, plan.template);
    setSaving(false);
    if (outcome.kind !== 'done') return setProblem(problemText(outcome));
    tell(t('templates.saved', { name: plan.name }), false);
    props.saved();
    props.close();
  };
  const template = shownTemplate(form);
  return (
    <div className="console-compose">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div className="console-fields">
          <Field label={t('templates.name')} isWide>
            {(id) => (
              <Input
                id={id}
                value={form.name}
                // Its name is what it is: another one would be another template.
                disabled={!isNew}
                maxLength={NAME_LIMIT_CHARS}
                onChange={({ target }) => setForm({ ...form, name: target.value })}
              />
            )}
          </Field>
          {WORD_LANGUAGES.map((language) => (
            <WordFields key={language} language={language} form={form} setForm={setForm} />
          ))}
        </div>
        <p className="row-sub">{t('templates.gapsHint', { gap: '{{name}}' })}</p>
        <EditorFoot
          missing={plan.kind === 'incomplete' ? t(MISSING[plan.missing]) : undefined}
          problem={problem}
          isSaving={isSaving}
          close={props.close}
        />
      </form>
      <section className="console-cards" aria-label={t('console.preview')}>
        <h3 className="row-sub">{t('console.preview')}</h3>
        <WordCards template={template} variables={values} type="system_notice" priority="normal" />
        {gapsOf(template).map((gap) => (
          <Field key={gap} label={t('templates.sample', { name: gap })}>
            {(id) => (
              <Input
                id={id}
                value={values[gap] ?? ''}
                onChange={({ target }) => setValues({ ...values, [gap]: target.value })}
              />
            )}
          </Field>
        ))}
      </section>
    </div>
  );
}

/** Also what cannot be kept yet can be looked at. */
function shownTemplate(form: TemplateForm) {
  const words = (language: WordLanguage) => {
    const { title, content } = form[language];
    return content === '' && title === '' ? {} : { [language]: { ...(title !== '' && { title }), content } };
  };
  return { ...words('zh'), ...words('en') };
}

function WordFields(props: {
  readonly language: WordLanguage;
  readonly form: TemplateForm;
  readonly setForm: (form: TemplateForm) => void;
}) {
  const { t } = useText();
  const { language, form, setForm } = props;
  const words = form[language];
  const name = LANGUAGE_NAMES[language];
  const change = (patch: Partial<typeof words>): void => setForm({ ...form, [language]: { ...words, ...patch } });
  return (
    <>
      <Field label={t('templates.titleIn', { language: name })} isWide>
        {(id) => (
          <Input
            id={id}
            lang={language}
            value={words.title}
            maxLength={NOTICE_TITLE_LIMIT_CHARS}
            onChange={({ target }) => change({ title: target.value })}
          />
        )}
      </Field>
      <Field label={t('templates.contentIn', { language: name })} isWide>
        {(id) => (
          <Input.TextArea
            id={id}
            lang={language}
            value={words.content}
            rows={CONTENT_ROWS}
            maxLength={NOTICE_CONTENT_LIMIT_CHARS}
            onChange={({ target }) => change({ content: target.value })}
          />
        )}
      </Field>
    </>
  );
}
