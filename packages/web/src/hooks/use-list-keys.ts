import { type KeyboardEvent, useCallback } from 'react';

/** Moves a selection with the arrows, j/k, Home and End. `select` gets the index to go to. */
export function useListKeys(options: {
  readonly count: number;
  readonly index: number;
  readonly select: (index: number) => void;
}): (event: KeyboardEvent) => void {
  const { count, index, select } = options;
  return useCallback(
    (event) => {
      if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
      const next = nextIndex(event.key, index, count);
      if (next === undefined || count === 0) return;
      event.preventDefault();
      select(Math.max(0, Math.min(count - 1, next)));
    },
    [count, index, select],
  );
}

function nextIndex(key: string, index: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return index + 1;
    case 'ArrowUp':
    case 'k':
      return index - 1;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}
