import { useSyncExternalStore } from 'react';

function subscribe(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener);
  window.addEventListener('focus', listener);
  window.addEventListener('blur', listener);
  return () => {
    document.removeEventListener('visibilitychange', listener);
    window.removeEventListener('focus', listener);
    window.removeEventListener('blur', listener);
  };
}

const isAttentive = (): boolean => document.visibilityState === 'visible' && document.hasFocus();

/** Whether somebody can be looking at this page: it is visible and its window has the focus (D64). */
export const useAttention = (): boolean => useSyncExternalStore(subscribe, isAttentive);
