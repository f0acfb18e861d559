/** Exponential delay with full jitter (so that many peers do not return in step). `random` is in [0, 1). */
export function backoffMs(options: { attempt: number; firstMs: number; capMs: number; random: number }): number {
  const ceiling = Math.min(options.capMs, options.firstMs * 2 ** Math.min(options.attempt, 30));
  return Math.round(ceiling / 2 + (ceiling / 2) * options.random);
}
