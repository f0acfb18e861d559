import { same } from '../lib/same.ts';

/** States that a platform does not take back: an observation without them is a stale page, not a new truth. */
const FINAL_STATES: ReadonlySet<unknown> = new Set(['recalled']);

type Facts = { readonly observedAt: number; readonly source: string };

/**
 * The facts known after another observation of the same thing, or `known` itself when it adds nothing.
 * Absent never overwrites present; an older observation only fills gaps, so a count never goes back to an older value;
 * nested people and statistics merge by the same rule.
 */
export function mergeFacts<F extends Facts>(known: F, seen: F): F {
  const isNewer = seen.observedAt >= known.observedAt;
  const merged = mergeFields(known, seen, isNewer);
  const { observedAt: _a, source: _b, ...before } = known;
  const { observedAt: _c, source: _d, ...after } = merged;
  if (same(before, after)) return known;
  return isNewer
    ? { ...merged, observedAt: seen.observedAt, source: seen.source }
    : { ...merged, observedAt: known.observedAt, source: known.source };
}

function mergeFields<T extends object>(known: T, seen: T, isNewer: boolean): T {
  const merged = { ...known } as Record<string, unknown>; // written key by key below
  for (const [key, value] of Object.entries(seen)) {
    const before = merged[key];
    if (value === undefined || key === 'observedAt' || key === 'source') continue;
    if (key === 'aliases') merged[key] = mergeAliases(before, value);
    else if (before === undefined) merged[key] = value;
    else if (isPlain(before) && isPlain(value)) merged[key] = mergeNested(before, value, isNewer);
    else if (isNewer && !FINAL_STATES.has(before)) merged[key] = value;
  }
  return merged as T; // only keys of T were written
}

/** Another person is another value; the same person gains what was missing. */
function mergeNested(known: object, seen: object, isNewer: boolean): object {
  if ('id' in known && 'id' in seen && known.id !== seen.id) return isNewer ? seen : known;
  return mergeFields(known, seen, isNewer);
}

function mergeAliases(known: unknown, seen: unknown): unknown {
  const all = new Set<unknown>([...(Array.isArray(known) ? known : []), ...(Array.isArray(seen) ? seen : [])]);
  return [...all].slice(0, 20);
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
