import type { NoticeTemplate } from '@hiscrm/shared/model/notice-change.ts';
import { errorText } from '@hiscrm/shared/protocol/errors.ts';
import { Alert, Button, Popconfirm } from 'antd';
import { useState } from 'react';
import { useFetched } from '../../hooks/use-fetched.ts';
import { useNow } from '../../hooks/use-now.ts';
import { useText } from '../../i18n/use-text.ts';
import { exactCount } from '../../lib/count-text.ts';
import { fullTime } from '../../lib/time-text.ts';
import { noticeApi, type Templates } from '../../link/notice-api.ts';
import { useSession } from '../../store/session.ts';
import { NoticeCard } from '../notices/notice-card.tsx';
import { ComposeFields } from './compose-fields.tsx';
import './console.css';
import { NoticeProgress } from './notice-progress.tsx';
import { EMPTY_FORM, planSend, type SendForm, targetOf } from './plan-send.ts';
import { type Audience, useAudience } from './use-audience.ts';
import { type SendState, useSendNotice } from './use-send-notice.ts';
import { WordCards } from './word-cards.tsx';

const NO_TEMPLATES: Templates = {};

const MISSING = {
  content: 'console.missingContent',
  template: 'console.missingTemplate',
  variables: 'console.missingVariables',
  target: 'console.missingTarget',
  timePast: 'console.timePast',
  expiresFirst: 'console.expiresFirst',
} as const;

/** Writes a notice, shows it as its readers will see it and how many they are, sends it, and follows it. */
export function ComposePanel() {
  const { t } = useText();
  const now = useNow();
  const [form, setForm] = useState<SendForm>(EMPTY_FORM);
  const { state, send, retry, writeAnother } = useSendNotice();
  const audience = useAudience(targetOf(form));
  const fetched = useFetched(noticeApi.templates).state;
  const templates = fetched.kind === 'ready' ? fetched.value : NO_TEMPLATES;
  const plan = planSend(form, now, templates);
  if (state.kind === 'accepted') {
    const startOver = (): void => {
      setForm(EMPTY_FORM);
      writeAnother();
    };
    return <Sent state={state} writeAnother={startOver} />;
  }
  const submit = (): void => {
    const ready = planSend(form, Date.now(), templates);
    if (ready.kind === 'ready') void send(ready.draft);
  };
  const isLocked = state.kind === 'sending' || state.kind === 'unknown';
  const recipients = audience.kind === 'known' ? audience.recipients : undefined;
  return (
    <div className="console-compose">
      <form onSubmit={(event) => event.preventDefault()}>
        <ComposeFields
          form={form}
          isLocked={isLocked}
          templates={templates}
          change={(patch) => setForm({ ...form, ...patch })}
        />
        {fetched.kind !== 'ready' && fetched.kind !== 'loading' && (
          <p className="status-warn" role="status">
            {t('console.noTemplates')}
          </p>
        )}
        <AudienceLine audience={audience} />
        <Problem state={state} retry={retry} giveUp={writeAnother} />
        <div className="console-send">
          <Popconfirm
            title={t('console.sendTo', { count: recipients ?? 0 })}
            disabled={plan.kind !== 'ready' || isLocked || !recipients}
            onConfirm={submit}
          >
            <Button type="primary" loading={state.kind === 'sending'} disabled={plan.kind !== 'ready' || !recipients}>
              {form.sendAt === '' ? t('console.send') : t('console.schedule')}
            </Button>
          </Popconfirm>
          {plan.kind === 'incomplete' && <span className="row-sub">{t(MISSING[plan.missing])}</span>}
        </div>
      </form>
      <Preview form={form} template={templates[form.template]} />
    </div>
  );
}

/** What its readers will see. */
function Preview({ form, template }: { readonly form: SendForm; readonly template: NoticeTemplate | undefined }) {
  const { t } = useText();
  const now = useNow();
  const { session } = useSession();
  return (
    <section className="console-cards" aria-label={t('console.preview')}>
      <h3 className="row-sub">{t('console.preview')}</h3>
      {template ? (
        <WordCards template={template} variables={form.variables} type={form.type} priority={form.priority} />
      ) : (
        <div className="console-preview">
          <NoticeCard
            notice={{
              ...form,
              title: form.title.trim() || undefined,
              content: form.content || t('console.emptyContent'),
              time: now,
            }}
            from={t('notices.from', { name: session.kind === 'user' ? session.user.username : '' })}
          />
        </div>
      )}
      {(form.needConfirm || form.priority === 'urgent') && (
        <p className="answer-foot">
          <span className="btn btn-primary" aria-disabled="true">
            {form.needConfirm ? t('notices.confirm') : t('notices.understood')}
          </span>
        </p>
      )}
    </section>
  );
}

function AudienceLine({ audience }: { readonly audience: Audience }) {
  const { t, locale } = useText();
  if (audience.kind === 'none') return null;
  return (
    <p className="console-audience" role="status" data-audience={audience.kind === 'known' ? audience.recipients : ''}>
      {audience.kind === 'asking' && t('common.loading')}
      {audience.kind === 'failed' && t('console.audienceFailed')}
      {audience.kind === 'known' &&
        t('console.audience', {
          count: exactCount(audience.recipients, locale),
          online: exactCount(audience.online, locale),
        })}
    </p>
  );
}

function Problem(props: { readonly state: SendState; readonly retry: () => void; readonly giveUp: () => void }) {
  const { t, locale } = useText();
  const { state, retry, giveUp } = props;
  if (state.kind === 'refused') {
    const { code, details } = state.error;
    return <Alert type="error" showIcon title={errorText(code, details ?? {}, locale === 'en' ? 'en' : 'zh')} />;
  }
  if (state.kind !== 'unknown') return null;
  return (
    <Alert
      type="warning"
      showIcon
      title={t('console.unknown')}
      action={
        <>
          <Button size="small" type="primary" onClick={retry}>
            {t('console.sendAgain')}
          </Button>{' '}
          <Button size="small" onClick={giveUp}>
            {t('console.editAnyway')}
          </Button>
        </>
      }
    />
  );
}

function Sent(props: { readonly state: Extract<SendState, { kind: 'accepted' }>; readonly writeAnother: () => void }) {
  const { t, locale } = useText();
  const { accepted, draft } = props.state;
  const isScheduled = accepted.scheduledAt !== undefined;
  return (
    <section className="console-sent">
      <Alert
        type="success"
        showIcon
        title={
          isScheduled
            ? t('console.scheduled', { time: fullTime(accepted.scheduledAt ?? 0, locale) })
            : t('console.sent', { count: accepted.recipients, online: accepted.online })
        }
      />
      {!isScheduled && <NoticeProgress messageId={accepted.messageId} needConfirm={draft.needConfirm} />}
      <Button onClick={props.writeAnother}>{t('console.writeAnother')}</Button>
    </section>
  );
}
