import { errorText } from '@hiscrm/shared/protocol/errors.ts';
import { type FormEvent, useState } from 'react';
import { useText } from '../../i18n/use-text.ts';
import { authApi } from '../../link/auth-api.ts';
import './login.css';
import { PasswordField } from './password-field.tsx';

/** As short as the server accepts. */
const SHORTEST_CHARS = 8;

/** Asks for another password of one's own. */
export function ChangePasswordForm({ onDone }: { readonly onDone: () => void }) {
  const { t, locale } = useText();
  const [oldPassword, setOld] = useState('');
  const [newPassword, setNew] = useState('');
  const [again, setAgain] = useState('');
  const [problem, setProblem] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (newPassword.length < SHORTEST_CHARS) return setProblem(t('password.tooShort', { count: SHORTEST_CHARS }));
    if (newPassword !== again) return setProblem(t('password.differ'));
    setIsBusy(true);
    const outcome = await authApi.changePassword(oldPassword, newPassword);
    setIsBusy(false);
    if (outcome.kind === 'done') return onDone();
    setProblem(
      outcome.kind === 'refused'
        ? errorText(outcome.error.code, outcome.error.details ?? {}, locale === 'en' ? 'en' : 'zh')
        : t('login.unreachable'),
    );
  };

  return (
    <form className="login-form" onSubmit={(event) => void submit(event)}>
      <PasswordField label={t('password.old')} value={oldPassword} onChange={setOld} autoComplete="current-password" />
      <PasswordField label={t('password.new')} value={newPassword} onChange={setNew} autoComplete="new-password" />
      <PasswordField label={t('password.again')} value={again} onChange={setAgain} autoComplete="new-password" />
      <p className="login-hint">{t('password.hint')}</p>
      {problem !== undefined && (
        <div className="login-error" role="alert">
          {problem}
        </div>
      )}
      <button type="submit" className="btn btn-primary" disabled={isBusy}>
        {t('password.submit')}
      </button>
    </form>
  );
}
