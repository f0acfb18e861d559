import type { NoticePriority } from '@hiscrm/shared/model/notice.ts';
import type { NoticePreferences } from '@hiscrm/shared/model/notice-preferences.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** Time zones that somebody uses; the oldest formatter is made again. */
const FORMATTERS_LIMIT_COUNT = 100;

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Whether the runtime knows a zone of this name. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false; // that is the answer
  }
}

/** The minute of the local day, 0 to 1,439. An unknown zone counts as UTC. */
export function minuteOfDay(at: number, timeZone: string): number {
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    const options = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    formatter = new Intl.DateTimeFormat('en', { ...options, timeZone: isTimeZone(timeZone) ? timeZone : 'UTC' });
    if (formatters.size >= FORMATTERS_LIMIT_COUNT) formatters.clear();
    formatters.set(timeZone, formatter);
  }
  const parts = Object.fromEntries(formatter.formatToParts(at).map(({ type, value }) => [type, value]));
  return Number(parts.hour) * 60 + Number(parts.minute);
}

/**
 * The next moment (ms UTC) after `now` at which the zone's clocks show this minute of the day. On the day when they are put
 * forward over it, the moment is later by as much as they leap.
 */
export function nextMinuteOfDay(minute: number, timeZone: string, now: number): number {
  const minutes = (minute - minuteOfDay(now, timeZone) + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
  const reckoned = Math.floor(now / MINUTE_MS) * MINUTE_MS + minutes * MINUTE_MS;
  const shown = minuteOfDay(reckoned, timeZone);
  if (shown === minute) return reckoned;
  // The clocks were moved in between. The nearer way round the day is how far.
  const offBy = ((minute - shown + DAY_MINUTES * 1.5) % DAY_MINUTES) - DAY_MINUTES / 2;
  const moved = reckoned + offBy * MINUTE_MS;
  return moved > now && minuteOfDay(moved, timeZone) === minute ? moved : reckoned;
}

/** When the user's quiet hours end (ms UTC); 0 = they are not now. */
export function endOfQuiet(preferences: NoticePreferences | undefined, now: number): number {
  if (!preferences?.quietHours) return 0;
  const { quietHours, timeZone = 'UTC' } = preferences;
  const { fromMinute, toMinute } = quietHours;
  return isWithin(minuteOfDay(now, timeZone), fromMinute, toMinute) ? nextMinuteOfDay(toMinute, timeZone, now) : 0;
}

/**
 * When a notice may go to a user: 0 = at once, else the moment (ms UTC) until which it is held. Urgent notices and those to
 * be confirmed go at once; low ones wait for the digest; during quiet hours everything else waits for their end, the digest too.
 */
export function holdUntil(
  preferences: NoticePreferences | undefined,
  notice: { readonly priority: NoticePriority; readonly needConfirm: boolean },
  now: number,
): number {
  if (!preferences || notice.priority === 'urgent' || notice.needConfirm) return 0;
  const { digestMinute, timeZone = 'UTC' } = preferences;
  if (notice.priority !== 'low' || digestMinute === undefined) return endOfQuiet(preferences, now);
  const digestAt = nextMinuteOfDay(digestMinute, timeZone, now);
  return endOfQuiet(preferences, digestAt) || digestAt;
}

/** From `from` up to, not including, `to`; over midnight when `to` is earlier. Equal ends are never within. */
export function isWithin(minute: number, from: number, to: number): boolean {
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}
