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
 * When a notice may go to a user: 0 = at once, else the moment (ms UTC) until which it is held. Urgent notices and those to
 * be confirmed go at once; low ones wait for the digest; during quiet hours everything else waits for their end. A moment is
 * exact to the minute, and to the hour on a day when the zone's clock is put back or forward.
 */
export function holdUntil(
  preferences: NoticePreferences | undefined,
  notice: { readonly priority: NoticePriority; readonly needConfirm: boolean },
  now: number,
): number {
  if (!preferences || notice.priority === 'urgent' || notice.needConfirm) return 0;
  const { quietHours, digestMinute, timeZone = 'UTC' } = preferences;
  const minute = minuteOfDay(now, timeZone);
  const nextAt = (target: number): number => {
    const minutes = (target - minute + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
    return Math.floor(now / MINUTE_MS) * MINUTE_MS + minutes * MINUTE_MS;
  };
  if (notice.priority === 'low' && digestMinute !== undefined) return nextAt(digestMinute);
  if (quietHours && isWithin(minute, quietHours.fromMinute, quietHours.toMinute)) return nextAt(quietHours.toMinute);
  return 0;
}

/** From `from` up to, not including, `to`; over midnight when `to` is earlier. Equal ends are never within. */
export function isWithin(minute: number, from: number, to: number): boolean {
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}
