import type { JsonObject, JsonValue } from '../lib/encode-json.ts';
import type { Random } from '../lib/random.ts';

/** Real clocks were seen up to ten minutes apart. */
const DEFAULT_SKEW_MS = 600_000;

function timeForm(seconds: number, form: number): JsonValue {
  switch (form) {
    case 0:
      return seconds;
    case 1:
      return String(seconds);
    case 2:
      return seconds * 1_000_000;
    default:
      return new Date(seconds * 1000).toISOString();
  }
}

/** Fault `time_shuffle`: rows out of order, `create_time` in changing forms, the server's `now` off. */
export function shuffleTimes(body: JsonObject, random: Random, skewMs: number | undefined): JsonObject {
  const rows = body.comments;
  const comments = Array.isArray(rows)
    ? random.shuffle(rows).map((row) => {
        if (row === null || typeof row !== 'object' || Array.isArray(row)) return row;
        return typeof row.create_time === 'number'
          ? { ...row, create_time: timeForm(row.create_time, random.int(0, 3)) }
          : row;
      })
    : rows;
  const extra = body.extra;
  const now =
    extra && typeof extra === 'object' && !Array.isArray(extra) && typeof extra.now === 'number' ? extra.now : 0;
  const skew = skewMs ?? (random.chance(0.5) ? DEFAULT_SKEW_MS : -DEFAULT_SKEW_MS);
  return { ...body, comments, extra: { now: now + skew } };
}
