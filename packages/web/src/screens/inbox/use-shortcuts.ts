import { useEffect } from 'react';
import { isNarrow } from '../../hooks/use-is-narrow.ts';
import { useNavigation } from '../../store/navigation.ts';
import { useDialogs } from './dialogs-store.ts';

/** Keys that work wherever one is: `/` searches, Ctrl+K switches, Esc leaves the topic, and where one pane is shown at a time the account. */
export function useShortcuts(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.isComposing) return;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        useDialogs.getState().open({ kind: 'quickSwitch' });
        return;
      }
      if (event.key === 'Escape') leave(event);
      if (event.key !== '/' || isTyping(event.target)) return;
      const fields = document.querySelectorAll<HTMLInputElement>('[data-search]');
      const last = fields[fields.length - 1];
      if (!last) return;
      event.preventDefault();
      last.focus();
      last.select();
    };
    // Before anybody else: a dialog that closes on this very key must still be seen as open.
    window.addEventListener('keydown', onKeyDown, true);
    return () => window.removeEventListener('keydown', onKeyDown, true);
  }, []);
}

function leave(event: KeyboardEvent): void {
  if (useDialogs.getState().dialog || document.querySelector('[popover]:popover-open')) return;
  if (isTyping(event.target) && event.target instanceof HTMLElement) {
    event.target.blur();
    return;
  }
  const { route, closeTopic, closeAccount } = useNavigation.getState();
  if (isNarrow() && route.screen === 'inbox' && !route.topicId) closeAccount();
  else closeTopic();
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
