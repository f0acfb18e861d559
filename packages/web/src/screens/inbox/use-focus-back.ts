import { useEffect, useRef } from 'react';
import { useDialogs } from './dialogs-store.ts';

/** Gives the focus back, when a dialog has gone, to what had it when the dialog was asked for. */
export function useFocusBack(): void {
  const { dialog, opener } = useDialogs();
  const last = useRef<HTMLElement | undefined>(undefined);
  useEffect(() => {
    if (dialog) {
      last.current = opener;
      return;
    }
    // Who closed it by going somewhere has the focus there already.
    if (document.activeElement === document.body) last.current?.focus({ preventScroll: true });
    last.current = undefined;
  }, [dialog, opener]);
}
