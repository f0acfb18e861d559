import type { NoticePreferences } from '@hiscrm/shared/model/notice-preferences.ts';
import { Modal } from 'antd';
import { useState } from 'react';
import { useFetched } from '../../hooks/use-fetched.ts';
import { useProblemText } from '../../hooks/use-problem-text.ts';
import { useText } from '../../i18n/use-text.ts';
import { preferencesApi } from '../../link/notice-api.ts';
import { FetchedView } from '../fetched-view.tsx';
import { useDialogs } from '../inbox/dialogs-store.ts';
import { formOf, planPreferences } from './plan-preferences.ts';
import './preferences.css';
import { PreferencesFields } from './preferences-fields.tsx';

const WIDTH_PX = 560;

/** What this user wants to be told, in which language, and when. */
export function PreferencesDialog() {
  const { t } = useText();
  const { close } = useDialogs();
  const { state, reload } = useFetched(preferencesApi.get);
  const [isDirty, setDirty] = useState(false);
  return (
    <Modal
      open
      title={t('preferences.title')}
      footer={null}
      onCancel={close}
      width={WIDTH_PX}
      centered
      // A click beside it must not throw away what was chosen.
      mask={{ closable: !isDirty }}
      keyboard={!isDirty}
    >
      <FetchedView state={state} reload={reload} rowCount={5}>
        {(known) => <PreferencesForm known={known} setDirty={setDirty} />}
      </FetchedView>
    </Modal>
  );
}

type SaveState = { readonly kind: 'open' | 'saving' | 'saved' } | { readonly kind: 'failed'; readonly problem: string };

function PreferencesForm(props: { readonly known: NoticePreferences; readonly setDirty: (isDirty: boolean) => void }) {
  const { t } = useText();
  const problemText = useProblemText();
  const [saved, setSaved] = useState(() => formOf(props.known, Intl.DateTimeFormat().resolvedOptions().timeZone));
  const [form, setForm] = useState(saved);
  const [state, setState] = useState<SaveState>({ kind: 'open' });
  const plan = planPreferences(form);
  const isDirty = JSON.stringify(form) !== JSON.stringify(saved);
  const save = async (): Promise<void> => {
    if (plan.kind !== 'ready' || state.kind === 'saving') return;
    setState({ kind: 'saving' });
    const outcome = await preferencesApi.put(plan.preferences);
    if (outcome.kind !== 'done') return setState({ kind: 'failed', problem: problemText(outcome) });
    setSaved(form);
    props.setDirty(false);
    setState({ kind: 'saved' });
  };
  return (
    <form
      className="preferences"
      data-preferences={state.kind}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div className="preferences-body">
        <PreferencesFields
          form={form}
          isLocked={state.kind === 'saving'}
          change={(patch) => {
            setForm({ ...form, ...patch });
            setState({ kind: 'open' });
            props.setDirty(true);
          }}
        />
      </div>
      <footer className="preferences-foot">
        <span className="row-sub" role="status">
          {plan.kind === 'incomplete'
            ? t(plan.missing === 'time' ? 'preferences.time' : 'preferences.quietSpan')
            : state.kind === 'saved'
              ? t('preferences.saved')
              : isDirty && state.kind === 'open'
                ? t('preferences.changed')
                : ''}
        </span>
        {state.kind === 'failed' && (
          <span className="status-bad" role="alert">
            {state.problem}
          </span>
        )}
        <button
          type="submit"
          className="btn btn-primary"
          disabled={plan.kind !== 'ready' || state.kind === 'saving' || !isDirty}
        >
          {state.kind === 'saving' ? t('preferences.saving') : t('preferences.save')}
        </button>
      </footer>
    </form>
  );
}
