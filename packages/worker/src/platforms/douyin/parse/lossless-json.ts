export type JsonRecord = { readonly [key: string]: unknown };

/** What the engine tells a reviver beside key and value: the number as it was written. */
type ReviverContext = { readonly source?: string | undefined };

/**
 * Parses JSON without rounding: an integer that a double cannot hold becomes its own digits as text. Platform ids arrive
 * unquoted in some answers. Undefined when the text is not JSON.
 */
export function parseLossless(text: string): unknown {
  try {
    return JSON.parse(text, keepBigIntegers as (this: unknown, key: string, value: unknown) => unknown); // the third parameter is newer than the type
  } catch {
    return undefined; // the caller counts what is not JSON
  }
}

function keepBigIntegers(_key: string, value: unknown, context: ReviverContext): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || !Number.isInteger(value)) return value;
  return context.source && /^-?\d+$/.test(context.source) ? context.source : value;
}
