import type { Locale } from './time-text.ts';

/** A large count in few characters: `1.2万`, `12K`. Exact counts belong into a tooltip. */
export function shortCount(count: number, locale: Locale): string {
  return new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 }).format(count);
}

/** A badge's number: exact, as a number that is cut off explains nothing. */
export const exactCount = (count: number, locale: Locale): string => new Intl.NumberFormat(locale).format(count);
