import { type RefObject, useEffect, useRef } from 'react';
import { isNarrow } from '../../hooks/use-is-narrow.ts';

const CHOSEN_TAB = '[role="tab"][aria-selected="true"]';
const LIST = '[data-list][tabindex="0"]';

/**
 * The focus is never left on what a change of the panes took away: another tab keeps it on the tabs, and where one pane is
 * shown at a time it goes along to that pane.
 */
export function usePaneFocus(
  panes: RefObject<HTMLElement | null>,
  shown: { readonly tab: string; readonly pane: string },
): void {
  const { tab, pane } = shown;
  // What is there from the start has taken nothing away.
  const last = useRef(shown);
  useEffect(() => {
    const before = last.current;
    last.current = { tab, pane };
    if (before.tab !== tab) focusFirst(panes.current, CHOSEN_TAB);
    else if (before.pane !== pane && isNarrow()) focusFirst(panes.current, LIST);
  }, [panes, tab, pane]);
}

/** The first that is wanted and seen; else whatever can be used first. */
function focusFirst(panes: HTMLElement | null, wanted: string): void {
  const held = document.activeElement;
  const isLost = !held || held === document.body || !held.checkVisibility();
  if (!isLost || !panes) return;
  const firstOf = (selector: string): HTMLElement | undefined =>
    [...panes.querySelectorAll<HTMLElement>(selector)].find((each) => each.checkVisibility());
  (firstOf(wanted) ?? firstOf('button'))?.focus({ preventScroll: true });
}
