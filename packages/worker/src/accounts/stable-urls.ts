/** A signed address is taken again after this long, before it stops working. */
const REFRESH_AFTER_MS = 12 * 3_600_000;

/**
 * The observation with addresses that only got another signature replaced by the known ones: pictures are signed anew with
 * every answer, and that alone is no news. After some hours the fresh one is told.
 */
export function withStableUrls<F extends { readonly observedAt: number }>(
  seen: F,
  known: { readonly observedAt: number } | undefined,
): F {
  if (!known || seen.observedAt - known.observedAt > REFRESH_AFTER_MS) return seen;
  return settle(seen, known) as F; // the same shape, with some texts replaced
}

function settle(seen: unknown, known: unknown): unknown {
  if (typeof seen === 'string' && typeof known === 'string') return sameAddress(seen, known) ? known : seen;
  if (Array.isArray(seen)) return Array.isArray(known) ? seen.map((value, index) => settle(value, known[index])) : seen;
  if (typeof seen !== 'object' || seen === null || typeof known !== 'object' || known === null) return seen;
  const before = known as Record<string, unknown>; // an object has string keys
  return Object.fromEntries(Object.entries(seen).map(([key, value]) => [key, settle(value, before[key])]));
}

function sameAddress(a: string, b: string): boolean {
  if (a === b || !/^https?:\/\//.test(a) || !/^https?:\/\//.test(b)) return a === b;
  return a.split('?', 1)[0] === b.split('?', 1)[0];
}
