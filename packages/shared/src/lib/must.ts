/** Throws unless `condition` holds: for what can only be false through a bug. */
export function assert(condition: unknown, why: string | (() => string)): asserts condition {
  if (!condition) throw new Error(typeof why === 'string' ? why : why());
}

/** The value, which the caller knows to be there; throws with `why` when it is not. */
export function must<T>(value: T | null | undefined, why: string): T {
  if (value === null || value === undefined) throw new Error(why);
  return value;
}

/** The end of an exhaustive switch: a missing case is a compile error, and a bug at run time. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
