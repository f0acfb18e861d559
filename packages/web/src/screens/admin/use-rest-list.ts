import { useCallback } from 'react';
import { type Fetched, useFetched } from '../../hooks/use-fetched.ts';
import { useProblemText } from '../../hooks/use-problem-text.ts';
import type { RestOutcome } from '../../link/rest.ts';
import { useToasts } from '../../store/toasts.ts';

/** A list that is fetched when shown and after each change; a change that is refused is said. */
export function useRestList<T>(fetchList: () => Promise<RestOutcome<readonly T[]>>): {
  readonly state: Fetched<readonly T[]>;
  /** What is known of it; undefined until it came. */
  readonly list: readonly T[] | undefined;
  readonly reload: () => void;
  /** Does something, then fetches anew. Resolves to its value, or undefined when it was refused. */
  readonly change: <V>(request: Promise<RestOutcome<V>>) => Promise<V | undefined>;
} {
  const { tell } = useToasts();
  const problemText = useProblemText();
  const { state, reload } = useFetched(fetchList);
  const change = useCallback(
    async <V>(request: Promise<RestOutcome<V>>): Promise<V | undefined> => {
      const outcome = await request;
      if (outcome.kind !== 'done') tell(problemText(outcome), true);
      reload();
      return outcome.kind === 'done' ? outcome.value : undefined;
    },
    [tell, problemText, reload],
  );
  return { state, list: state.kind === 'ready' ? state.value : undefined, reload, change };
}
