import { useSyncExternalStore } from 'react';

/** Relative times are minutes; twice a minute is often enough and costs nothing. */
const PERIOD_MS = 30_000;

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  now = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = Date.now();
    timer = setInterval(tick, PERIOD_MS);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}

/** The present, renewed twice a minute, the same for everybody who shows a relative time. One timer serves all. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);
