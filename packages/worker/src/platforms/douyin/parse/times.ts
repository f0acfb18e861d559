/** Times below these are seconds, milliseconds, microseconds: each bound is the year 5138 in its own unit. */
const SECONDS_BELOW = 1e11;
const MILLISECONDS_BELOW = 1e14;
const MICROSECONDS_BELOW = 1e17;
/** China keeps UTC+8 all year. */
const CHINA_OFFSET_MS = 8 * 3_600_000;
/** The platform opened in 2016; an id that says earlier is no snowflake. */
const OLDEST_ID_MS = Date.UTC(2016, 0, 1);
/** Ids of later than this are no snowflakes either. */
const NEWEST_ID_MS = Date.UTC(2100, 0, 1);

/**
 * A platform time as ms UTC, from seconds, ms or µs (numbers or digits), ISO text, a Date, or the works list's China-time
 * text. Numbers are plain Unix times: nothing is taken off them (docs/platforms/douyin.md, "Times").
 */
export function timeOf(value: unknown): number | undefined {
  if (value instanceof Date) return inRange(value.getTime());
  if (typeof value === 'number') return fromNumber(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d{9,17}(\.\d+)?$/.test(text)) return fromNumber(Number(text));
  return fromChinaText(text) ?? fromIso(text);
}

function fromNumber(value: number): number | undefined {
  if (!Number.isFinite(value) || value <= 0) return undefined;
  if (value < SECONDS_BELOW) return Math.round(value * 1_000);
  if (value < MILLISECONDS_BELOW) return Math.round(value);
  return value < MICROSECONDS_BELOW ? Math.round(value / 1_000) : undefined;
}

function fromIso(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text)) return undefined;
  return inRange(Date.parse(text));
}

function fromChinaText(text: string): number | undefined {
  const parts = /(\d{4})年(\d{1,2})月(\d{1,2})日\s*(\d{1,2}):(\d{2})/.exec(text)?.slice(1).map(Number);
  const [year, month, day, hour, minute] = parts ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  return inRange(Date.UTC(year, month - 1, day, hour ?? 0, minute ?? 0) - CHINA_OFFSET_MS);
}

const inRange = (ms: number): number | undefined =>
  Number.isFinite(ms) && ms > 0 && ms < MILLISECONDS_BELOW ? Math.round(ms) : undefined;

/**
 * When an id was made, to the second: a 19-digit id holds its creation time in the upper 32 bits. A few seconds before
 * the platform's own time for the same thing.
 */
export function idTimeOf(id: string): number | undefined {
  if (!/^\d{19}$/.test(id)) return undefined;
  const ms = Number(BigInt(id) >> 32n) * 1_000;
  return ms >= OLDEST_ID_MS && ms < NEWEST_ID_MS ? ms : undefined;
}
