import { createHash } from 'node:crypto';
import type { Parsed } from '@hiscrm/shared/protocol/validate.ts';
import { type Fields, fieldsOf } from '../words/foreign-values.ts';

/** An unsafe integer in JSON text: it would lose its last digits. */
const LONG_NUMBER = /[:[,]\s*-?\d{16,}/;

/** The object in a JSON column; undefined when it holds none. Ids that were written as long numbers keep all their digits. */
export function objectIn(text: unknown): Fields | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  try {
    return fieldsOf(LONG_NUMBER.test(text) ? JSON.parse(text, keepDigits as never) : JSON.parse(text)); // the type lacks the third argument
  } catch {
    return undefined; // not JSON: the caller reports the row
  }
}

function keepDigits(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  const isLong = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isLong && context.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value;
}

/** The id when its schema takes it, else one made from it, the same at every run. */
export function soundId<T extends string>(text: string, parse: (text: string) => Parsed<T>, prefix: string): T {
  const parsed = parse(text);
  if (parsed.ok) return parsed.value;
  return `${prefix}-${createHash('sha256').update(text).digest('hex').slice(0, 32)}` as T; // letters that the schema accepts
}
