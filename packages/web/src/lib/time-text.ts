/** Times as people read them. All take the locale and the present, so that a test decides both. */

export type Locale = 'zh-CN' | 'en';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** `刚刚`, `5分钟前`, `14:05` today, `昨天`, `03/12` this year, else with the year. A time ahead of the clock counts as now. */
export function shortTime(at: number, now: number, locale: Locale): string {
  const age = now - at;
  const zh = locale === 'zh-CN';
  if (age < MINUTE_MS) return zh ? '刚刚' : 'now';
  if (age < HOUR_MS) return zh ? `${Math.floor(age / MINUTE_MS)}分钟前` : `${Math.floor(age / MINUTE_MS)} min`;
  if (dayOf(at) === dayOf(now)) return clockTime(at, locale);
  if (dayOf(at) === dayOf(now - 24 * HOUR_MS)) return zh ? '昨天' : 'Yesterday';
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return format(locale, { ...(!isThisYear && { year: 'numeric' }), month: '2-digit', day: '2-digit' }).format(at);
}

/** `14:05`. */
export const clockTime = (at: number, locale: Locale): string =>
  format(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);

/** Day, date and time to the second, for tooltips. */
export const fullTime = (at: number, locale: Locale): string =>
  format(locale, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(at);

/** The heading of a day: `今天`, `昨天`, else the date. */
export function dayText(at: number, now: number, locale: Locale): string {
  if (dayOf(at) === dayOf(now)) return locale === 'zh-CN' ? '今天' : 'Today';
  if (dayOf(at) === dayOf(now - 24 * HOUR_MS)) return locale === 'zh-CN' ? '昨天' : 'Yesterday';
  return format(locale, { year: 'numeric', month: 'long', day: 'numeric', weekday: 'short' }).format(at);
}

/** Names the local day of a time; equal text for equal day. */
export function dayOf(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** `1:05`, for voice notes and videos. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a formatter costs more than using it a hundred times. At most one per use above and locale is ever kept. */
function format(locale: Locale, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formats.set(key, known);
  return known;
}
