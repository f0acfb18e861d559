import { useEffect, useState } from 'react';
import type { RestOutcome } from '../../link/rest.ts';

/**
 * Asks again `everyMs` after each answer, while the page can be seen, until `isLast` says that nothing more will change. The last
 * good value stays when an answer fails; `isStale` says so. Give functions whose identity is stable.
 */
export function usePoll<T>(
  ask: () => Promise<RestOutcome<T>>,
  options: { readonly everyMs: number; readonly isLast?: (value: T) => boolean },
): { readonly value: T | undefined; readonly isStale: boolean } {
  const { everyMs, isLast } = options;
  const [state, setState] = useState<{ readonly value: T | undefined; readonly isStale: boolean }>({
    value: undefined,
    isStale: false,
  });
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      if (document.visibilityState === 'visible') {
        const outcome = await ask();
        if (isOver) return;
        if (outcome.kind === 'done') {
          setState({ value: outcome.value, isStale: false });
          if (isLast?.(outcome.value)) return;
        } else setState(({ value }) => ({ value, isStale: true }));
      }
      timer = setTimeout(() => void look(), everyMs);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [ask, everyMs, isLast]);
  return state;
}
