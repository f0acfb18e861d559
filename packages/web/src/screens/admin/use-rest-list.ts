import { errorText } from '@hiscrm/shared/protocol/errors.ts';
import { useCallback, useEffect, useState } from 'react';
import { useText } from '../../i18n/use-text.ts';
import type { RestOutcome } from '../../link/rest.ts';
import { useToasts } from '../../store/toasts.ts';

/** A list that is fetched when shown and after each change; what is refused is said. */
export function useRestList<T>(fetchList: () => Promise<RestOutcome<readonly T[]>>): {
  readonly list: readonly T[] | undefined;
  /** Does something, then fetches anew. Resolves to its value, or undefined when it was refused. */
  readonly change: <V>(request: Promise<RestOutcome<V>>) => Promise<V | undefined>;
} {
  const { t, locale } = useText();
  const { tell } = useToasts();
  const [list, setList] = useState<readonly T[]>();
  const open = useCallback(
    <V>(outcome: RestOutcome<V>): V | undefined => {
      if (outcome.kind === 'done') return outcome.value;
      const isRefused = outcome.kind === 'refused';
      tell(
        isRefused
          ? errorText(outcome.error.code, outcome.error.details ?? {}, locale === 'en' ? 'en' : 'zh')
          : t('login.unreachable'),
        true,
      );
      return undefined;
    },
    [t, locale, tell],
  );
  const reload = useCallback(async () => setList(open(await fetchList()) ?? []), [open, fetchList]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once; another language is no reason to fetch again
  useEffect(() => void reload(), [fetchList]);
  const change = async <V>(request: Promise<RestOutcome<V>>): Promise<V | undefined> => {
    const value = open(await request);
    await reload();
    return value;
  };
  return { list, change };
}
