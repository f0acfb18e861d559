import { useText } from '../../i18n/use-text.ts';
import { useSession } from '../../store/session.ts';
import { ChangePasswordForm } from './change-password-form.tsx';
import './login.css';

/** Stands before everything else while the password is one that somebody else has seen. */
export function MustChangePassword() {
  const { t } = useText();
  const { check } = useSession();
  return (
    <main className="login">
      <div className="login-card" role="dialog" aria-modal="true" aria-labelledby="must-change-title">
        <div className="login-brand">
          <img src="/favicon.svg" alt="" />
          <div>
            <h1 id="must-change-title">{t('password.title')}</h1>
            <p>{t('password.why')}</p>
          </div>
        </div>
        <ChangePasswordForm onDone={() => void check()} />
      </div>
    </main>
  );
}
