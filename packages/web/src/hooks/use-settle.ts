import type { Outcome } from '@hiscrm/client/outcome.ts';
import { errorText } from '@hiscrm/shared/protocol/errors.ts';
import { useCallback } from 'react';
import { useText } from '../i18n/use-text.ts';
import { useToasts } from '../store/toasts.ts';

/** Says what a command did not do; true when it was done. */
export function useSettle(): (outcome: Outcome<unknown>) => boolean {
  const { t, locale } = useText();
  const { tell } = useToasts();
  return useCallback(
    (outcome) => {
      if (outcome.kind === 'refused')
        tell(errorText(outcome.error.code, outcome.error.details ?? {}, locale === 'en' ? 'en' : 'zh'), true);
      else if (outcome.kind === 'gone' && outcome.why === 'full') tell(t('error.tooManyCommands'), true);
      return outcome.kind === 'done';
    },
    [t, locale, tell],
  );
}
