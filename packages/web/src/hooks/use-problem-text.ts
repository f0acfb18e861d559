import { errorText } from '@hiscrm/shared/protocol/errors.ts';
import { useCallback } from 'react';
import { useText } from '../i18n/use-text.ts';
import type { RestOutcome } from '../link/rest.ts';

type Problem = Exclude<RestOutcome<never>, { readonly kind: 'done' }>;

/** Why a request did nothing, in words for the person who asked. */
export function useProblemText(): (problem: Problem) => string {
  const { t, locale } = useText();
  return useCallback(
    (problem) =>
      problem.kind === 'refused'
        ? errorText(problem.error.code, problem.error.details ?? {}, locale === 'en' ? 'en' : 'zh')
        : t('error.noAnswer'),
    [t, locale],
  );
}
