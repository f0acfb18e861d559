import { useText } from '../i18n/use-text.ts';
import { clockTime, fullTime, shortTime } from '../lib/time-text.ts';

/** A time with its full form as tooltip. `now` makes it relative; without it the clock time is shown. */
export function Time({
  at,
  now,
  className,
}: {
  readonly at: number;
  readonly now?: number;
  readonly className?: string;
}) {
  const { locale } = useText();
  return (
    <time className={className} dateTime={new Date(at).toISOString()} title={fullTime(at, locale)}>
      {now === undefined ? clockTime(at, locale) : shortTime(at, now, locale)}
    </time>
  );
}
