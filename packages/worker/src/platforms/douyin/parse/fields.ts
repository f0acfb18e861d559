/**
 * Readers of fields in answers that nobody promised. Each gives the value in our form or undefined: a field of another type
 * or beyond what our schemas allow says nothing, and never throws.
 */
import type { JsonRecord } from './lossless-json.ts';

const TEXT_LIMIT_CHARS = 20_000;
const SHORT_LIMIT_CHARS = 500;
const URL_LIMIT_CHARS = 4_000;
const ID_LIMIT_CHARS = 200;

export function recordOf(value: unknown): JsonRecord | undefined {
  // An object that is no array has string keys and unknown values.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The objects of a list; anything else in it is left out. */
export function recordsOf(value: unknown): JsonRecord[] {
  return listOf(value)
    .map(recordOf)
    .filter((row) => row !== undefined);
}

/** Text, also when empty. Too long a text is a parser's mistake and says nothing. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= TEXT_LIMIT_CHARS ? value : undefined;
}

/** Text that is there and not empty. */
export function filledOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text === '' ? undefined : text;
}

/** A name or a label. */
export function shortOf(value: unknown): string | undefined {
  const text = filledOf(value);
  return text !== undefined && text.length <= SHORT_LIMIT_CHARS ? text : undefined;
}

/** An id as text, from text, an exact number, or the page's 64-bit halves. "0" and "" mean none. */
export function idOf(value: unknown): string | undefined {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : (longOf(value) ?? value);
  if (typeof text !== 'string' || text === '' || text === '0' || text.length > ID_LIMIT_CHARS) return undefined;
  return text;
}

/** A 64-bit integer as the page's protobuf library holds it: `high · 2^32 + (low >>> 0)`. */
export function longOf(value: unknown): string | undefined {
  const halves = recordOf(value);
  if (typeof halves?.low !== 'number' || typeof halves.high !== 'number') return undefined;
  if (!Number.isInteger(halves.low) || !Number.isInteger(halves.high)) return undefined;
  return String(BigInt(halves.high) * 4_294_967_296n + BigInt(halves.low >>> 0));
}

/** A count that is there: a whole number from 0, also when written as text. */
export function countOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** A number, also when written as text. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** true/false in the forms that answers use: booleans, 0/1, "true"/"false". */
export function flagOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 1 || value === '1' || value === 'true') return true;
  return value === 0 || value === '0' || value === 'false' ? false : undefined;
}

export function urlOf(value: unknown): string | undefined {
  const text = filledOf(value);
  return text !== undefined && text.length <= URL_LIMIT_CHARS && /^(https?:)?\/\//.test(text) ? text : undefined;
}

/** The first address of `{url_list: [...]}`, of a bare list, or of a bare text. */
export function firstUrlOf(value: unknown): string | undefined {
  const record = recordOf(value);
  const list = record ? (record.url_list ?? record.urlList) : value;
  if (!Array.isArray(list)) return urlOf(list);
  for (const entry of list) {
    const url = urlOf(entry);
    if (url !== undefined) return url;
  }
  return undefined;
}

/** The object without its undefined fields, so that absent stays absent. */
export function present<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  // Only undefined values were taken out.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** Ids of the same thing beside its key; each once, without the key itself. */
export function aliasesOf(key: string, ...others: (string | undefined)[]): string[] | undefined {
  const all = [...new Set(others.filter((id) => id !== undefined && id !== key))].filter((id) => id !== undefined);
  return all.length > 0 ? all : undefined;
}
