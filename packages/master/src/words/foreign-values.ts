/** Values as existing Workers send them: units, types and gaps differ from field to field. Nothing here throws. */
export type Fields = Readonly<Record<string, unknown>>;

const TEXT_LIMIT_CHARS = 20_000;
const NAME_LIMIT_CHARS = 500;
const URL_LIMIT_CHARS = 4_000;
const ID_LIMIT_CHARS = 200;
/** Below this a number of a time is seconds; ten digits of seconds reach to the year 2286. */
const SECONDS_LIMIT = 10_000_000_000;
/** Above this it is microseconds. */
const MILLISECONDS_LIMIT = 100_000_000_000_000;
const CHINESE_TIME = /^(\d{4})年(\d{1,2})月(\d{1,2})日\s*(\d{1,2}):(\d{2})/;
/** What Workers write where they know nothing. */
const NOTHING = new Set(['', 'unknown', 'undefined', 'null']);

export const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined; // read by name

/** Whole text, cut where no platform reaches. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value.slice(0, TEXT_LIMIT_CHARS) : undefined;

export const nameOf = (value: unknown): string | undefined => {
  const text = textOf(value)?.slice(0, NAME_LIMIT_CHARS);
  return text === undefined || NOTHING.has(text.toLowerCase()) ? undefined : text;
};

/** An id as text. Words that stand for "none" are none; so is what could not be written down again unchanged. */
export function idOf(value: unknown): string | undefined {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string' || text.length > ID_LIMIT_CHARS || !text.isWellFormed()) return undefined;
  return NOTHING.has(text) || text === '0' ? undefined : text;
}

/** A web address. Data URLs and other schemes are left out: clients hand addresses to the system. */
export const urlOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length <= URL_LIMIT_CHARS && /^https?:\/\//i.test(value) ? value : undefined;

export const countOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.floor(value) : undefined;

export const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

export const flagOf = (value: unknown): boolean | undefined =>
  typeof value === 'boolean' ? value : value === 1 ? true : value === 0 ? false : undefined;

/** A moment in milliseconds, from seconds, milliseconds, microseconds, ISO text or the page's Chinese text. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value === 'string') return timeOfText(value.trim());
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return undefined;
  if (value < SECONDS_LIMIT) return Math.floor(value * 1_000);
  return Math.floor(value >= MILLISECONDS_LIMIT ? value / 1_000 : value);
}

function timeOfText(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return timeOf(Number(text));
  const [, year, month, day, hour, minute] = CHINESE_TIME.exec(text) ?? [];
  const parsed =
    year === undefined
      ? Date.parse(text)
      : new Date(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute)).getTime();
  return Number.isFinite(parsed) && parsed > 0 ? parsed : undefined;
}

/** The entries that are objects. */
export const listOf = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.map(fieldsOf).filter((fields) => fields !== undefined) : [];

/** Without the fields that are not known: absent says nothing, `undefined` would be refused. */
export const present = <T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T; // only gaps were left out

/** The platform's id: by its own field, else what stands behind the Worker's prefix. */
export function platformIdOf(fields: Fields, name: string, prefix: string): string | undefined {
  const own = idOf(fields[name]);
  if (own !== undefined) return own;
  const internal = idOf(fields.id);
  if (internal === undefined) return undefined;
  return internal.startsWith(prefix) ? idOf(internal.slice(prefix.length)) : internal;
}
