import { errorText } from '@hiscrm/shared/protocol/errors.ts';
import { type FormEvent, useState } from 'react';
import { useText } from '../../i18n/use-text.ts';
import { authApi } from '../../link/auth-api.ts';
import type { RestOutcome } from '../../link/rest.ts';
import { usePreferences } from '../../store/preferences.ts';
import { useSession } from '../../store/session.ts';
import './login.css';
import { PasswordField } from './password-field.tsx';

type Problem = Exclude<RestOutcome<unknown>, { kind: 'done' }>;

/** The door. Also shown when a session has ended, with the reason. */
export function LoginScreen({ reason }: { readonly reason?: string | undefined }) {
  const { t, locale } = useText();
  const { enter } = useSession();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setIsBusy(true);
    setProblem(undefined);
    const outcome = await authApi.login(username.trim(), password);
    setIsBusy(false);
    if (outcome.kind === 'done') enter(outcome.value.user);
    else setProblem(outcome);
  };

  const text =
    problem?.kind === 'refused'
      ? errorText(problem.error.code, problem.error.details ?? {}, locale === 'en' ? 'en' : 'zh')
      : problem
        ? t('login.unreachable')
        : reason;
  return (
    <main className="login">
      <div className="login-card">
        <div className="login-brand">
          <img src="/favicon.svg" alt="" />
          <div>
            <h1>HisCRM-IM</h1>
            <p>{t('login.tagline')}</p>
          </div>
        </div>
        <form className="login-form" onSubmit={(event) => void submit(event)}>
          <label>
            {t('login.username')}
            <input
              className="field"
              value={username}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={60}
              required
              // biome-ignore lint/a11y/noAutofocus: the only thing that this screen is for
              autoFocus
              aria-invalid={problem?.kind === 'refused'}
              onChange={(event) => setUsername(event.target.value)}
            />
          </label>
          <PasswordField
            label={t('login.password')}
            value={password}
            onChange={setPassword}
            autoComplete="current-password"
            isInvalid={problem?.kind === 'refused'}
          />
          {text !== undefined && (
            <div className="login-error" role="alert">
              {text}
            </div>
          )}
          <button type="submit" className="btn btn-primary" disabled={isBusy}>
            {isBusy ? t('login.busy') : t('login.submit')}
          </button>
        </form>
        <LanguageChoice />
      </div>
    </main>
  );
}

function LanguageChoice() {
  const { language, set } = usePreferences();
  return (
    <div className="login-foot">
      <button
        type="button"
        className="btn btn-quiet btn-small"
        lang="zh-CN"
        aria-pressed={language === 'zh-CN'}
        onClick={() => set({ language: 'zh-CN' })}
      >
        简体中文
      </button>
      <button
        type="button"
        className="btn btn-quiet btn-small"
        lang="en"
        aria-pressed={language === 'en'}
        onClick={() => set({ language: 'en' })}
      >
        English
      </button>
    </div>
  );
}
