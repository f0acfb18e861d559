import type { Locale } from './time-text.ts';

/** Making a formatter costs more than using it a hundred times, and a list has a number in every row. */
const formatters = (options: Intl.NumberFormatOptions): ((locale: Locale) => Intl.NumberFormat) => {
  const known = new Map<Locale, Intl.NumberFormat>();
  return (locale) => {
    const formatter = known.get(locale) ?? new Intl.NumberFormat(locale, options);
    known.set(locale, formatter);
    return formatter;
  };
};
const compact = formatters({ notation: 'compact', maximumFractionDigits: 1 });
const exact = formatters({});

/** A large count in few characters: `1.2万`, `12K`. Exact counts belong into a tooltip. */
export const shortCount = (count: number, locale: Locale): string => compact(locale).format(count);

/** A badge's number: exact, as a number that is cut off explains nothing. */
export const exactCount = (count: number, locale: Locale): string => exact(locale).format(count);
