import { useSyncExternalStore } from 'react';

/** Below this one pane is shown at a time; the same width stands in the style sheets. */
const NARROW = '(max-width: 720px)';

const query = typeof matchMedia === 'undefined' ? undefined : matchMedia(NARROW);

function subscribe(changed: () => void): () => void {
  query?.addEventListener('change', changed);
  return () => query?.removeEventListener('change', changed);
}

/** Whether the screen has room for one pane only, now. */
export const isNarrow = (): boolean => query?.matches ?? false;

/** Whether the screen has room for one pane only. */
export const useIsNarrow = (): boolean => useSyncExternalStore(subscribe, isNarrow);
