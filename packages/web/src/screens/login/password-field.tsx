import { useState } from 'react';
import { useText } from '../../i18n/use-text.ts';
import { EyeIcon } from '../../ui/icons.tsx';

/** A password that can be looked at while typing. */
export function PasswordField(props: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly autoComplete: 'current-password' | 'new-password';
  readonly isInvalid?: boolean;
}) {
  const { t } = useText();
  const [isShown, setIsShown] = useState(false);
  return (
    <label>
      {props.label}
      <span className="login-password">
        <input
          className="field"
          type={isShown ? 'text' : 'password'}
          value={props.value}
          autoComplete={props.autoComplete}
          maxLength={200}
          required
          aria-invalid={props.isInvalid ?? false}
          onChange={(event) => props.onChange(event.target.value)}
        />
        <button
          type="button"
          className="btn btn-quiet btn-icon"
          aria-pressed={isShown}
          aria-label={isShown ? t('login.hidePassword') : t('login.showPassword')}
          onClick={() => setIsShown(!isShown)}
        >
          <EyeIcon isOff={isShown} />
        </button>
      </span>
    </label>
  );
}
