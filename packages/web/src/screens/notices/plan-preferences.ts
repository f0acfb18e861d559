import {
  DEFAULT_RULES,
  NOTICE_RULES,
  type NoticePreferences,
  type NoticeRule,
} from '@hiscrm/shared/model/notice-preferences.ts';

/** The preferences as their form shows them; times of day as the browser's own field writes them (`22:30`). */
export type PreferencesForm = {
  /** `written`: as the sender wrote it. */
  readonly language: 'written' | 'zh' | 'en';
  readonly timeZone: string;
  readonly isQuiet: boolean;
  readonly quietFrom: string;
  readonly quietTo: string;
  readonly isDigest: boolean;
  readonly digestAt: string;
  readonly mutedTypes: readonly string[];
  readonly rules: Readonly<Record<NoticeRule, boolean>>;
};

const QUIET_FROM = '22:00';
const QUIET_TO = '08:00';
const DIGEST_AT = '09:00';
/** What the server reads times of day in where no zone was chosen. */
const SERVER_ZONE = 'UTC';

/**
 * What is in force, as the form. Somebody who has no times of day yet is offered the zone of the own browser; whoever has some
 * without a zone sees the one they are read in.
 */
export function formOf(preferences: NoticePreferences, browserZone: string): PreferencesForm {
  const { language, timeZone, quietHours, digestMinute, mutedTypes = [], rules } = preferences;
  const hasTimes = quietHours !== undefined || digestMinute !== undefined;
  return {
    language: language ?? 'written',
    timeZone: timeZone ?? (hasTimes ? SERVER_ZONE : browserZone),
    isQuiet: quietHours !== undefined,
    quietFrom: quietHours ? timeText(quietHours.fromMinute) : QUIET_FROM,
    quietTo: quietHours ? timeText(quietHours.toMinute) : QUIET_TO,
    isDigest: digestMinute !== undefined,
    digestAt: digestMinute === undefined ? DIGEST_AT : timeText(digestMinute),
    mutedTypes,
    rules: { ...DEFAULT_RULES, ...rules },
  };
}

export type PreferencesPlan =
  | { readonly kind: 'ready'; readonly preferences: NoticePreferences }
  | { readonly kind: 'incomplete'; readonly missing: 'time' | 'quietSpan' };

/** What the form asks for, or what it lacks. A rule that stands as everybody has it is not written down. */
export function planPreferences(form: PreferencesForm): PreferencesPlan {
  const fromMinute = minuteOf(form.quietFrom);
  const toMinute = minuteOf(form.quietTo);
  const digestMinute = minuteOf(form.digestAt);
  if (form.isQuiet && (fromMinute === undefined || toMinute === undefined))
    return { kind: 'incomplete', missing: 'time' };
  if (form.isDigest && digestMinute === undefined) return { kind: 'incomplete', missing: 'time' };
  // Equal ends are no hours at all, not a whole day.
  if (form.isQuiet && fromMinute === toMinute) return { kind: 'incomplete', missing: 'quietSpan' };
  const chosen = NOTICE_RULES.filter((rule) => form.rules[rule] !== DEFAULT_RULES[rule]);
  return {
    kind: 'ready',
    preferences: {
      ...(form.language !== 'written' && { language: form.language }),
      timeZone: form.timeZone,
      ...(form.isQuiet &&
        fromMinute !== undefined &&
        toMinute !== undefined && { quietHours: { fromMinute, toMinute } }),
      ...(form.isDigest && digestMinute !== undefined && { digestMinute }),
      ...(form.mutedTypes.length > 0 && { mutedTypes: [...form.mutedTypes] }),
      ...(chosen.length > 0 && { rules: Object.fromEntries(chosen.map((rule) => [rule, form.rules[rule]])) }),
    },
  };
}

const HOUR_MINUTES = 60;

function timeText(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minute / HOUR_MINUTES))}:${two(minute % HOUR_MINUTES)}`;
}

/** Undefined where the field is empty. */
function minuteOf(text: string): number | undefined {
  const match = /^(\d{2}):(\d{2})/.exec(text);
  return match ? Number(match[1]) * HOUR_MINUTES + Number(match[2]) : undefined;
}
