/**
 * What a socket unheard for so long needs. A peer is asked by a ping of the WebSocket itself, which browsers answer from a
 * throttled tab too, with each look from a third of the time on until it answers or counts as gone.
 */
export function judgeSilence(silentMs: number, goneAfterMs: number): 'fine' | 'ask' | 'gone' {
  if (silentMs >= goneAfterMs) return 'gone';
  return silentMs >= goneAfterMs / 3 ? 'ask' : 'fine';
}
