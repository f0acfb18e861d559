/**
 * What a socket unheard for so long needs. A peer is asked by a ping of the WebSocket itself, which browsers answer from a
 * throttled tab too, and it is asked twice before it counts as gone.
 */
export function judgeSilence(silentMs: number, goneAfterMs: number): 'fine' | 'ask' | 'gone' {
  if (silentMs >= goneAfterMs) return 'gone';
  return silentMs >= goneAfterMs / 3 ? 'ask' : 'fine';
}
