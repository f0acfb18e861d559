import { useCallback, useEffect, useState } from 'react';
import type { RestOutcome } from '../link/rest.ts';

/** What became of a request: an empty answer is something else than none. */
export type Fetched<T> =
  | { readonly kind: 'loading' }
  | Exclude<RestOutcome<T>, { readonly kind: 'done' }>
  | { readonly kind: 'ready'; readonly value: T };

/**
 * Asks when it is first shown and whenever `reload` is called. While it asks again, the value that is known stays. Give a function
 * whose identity is stable.
 */
export function useFetched<T>(ask: () => Promise<RestOutcome<T>>): {
  readonly state: Fetched<T>;
  readonly reload: () => void;
} {
  const [state, setState] = useState<Fetched<T>>({ kind: 'loading' });
  const [asked, setAsked] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` asks again
  useEffect(() => {
    let isOver = false;
    setState((known) => (known.kind === 'ready' ? known : { kind: 'loading' }));
    void ask().then((outcome) => {
      if (isOver) return;
      setState(outcome.kind === 'done' ? { kind: 'ready', value: outcome.value } : outcome);
    });
    return () => {
      isOver = true;
    };
  }, [ask, asked]);
  return { state, reload: useCallback(() => setAsked((count) => count + 1), []) };
}
