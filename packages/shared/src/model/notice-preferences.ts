import Type, { type Static } from 'typebox';
import { noticeTypeSchema } from './notice.ts';

const strict = { additionalProperties: false } as const;
/** Minutes since local midnight. */
const minuteOfDay = Type.Integer({ minimum: 0, maximum: 1_439 });

/** The rules that make notices from the inbox. */
export const NOTICE_RULES = ['newComment', 'newMessage', 'loginExpired', 'workerDown', 'coverageGap'] as const;
export type NoticeRule = (typeof NOTICE_RULES)[number];

/** What one user wants. Absent fields are the defaults. */
export const noticePreferencesSchema = Type.Object(
  {
    language: Type.Optional(Type.Union([Type.Literal('zh'), Type.Literal('en')])),
    /** An IANA name; quiet hours and the digest are read in it. UTC when absent. */
    timeZone: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
    /** From `fromMinute` up to `toMinute`, over midnight when that is earlier: only urgent notices come at once. */
    quietHours: Type.Optional(Type.Object({ fromMinute: minuteOfDay, toMinute: minuteOfDay }, strict)),
    /** Low notices are kept until this minute of the day and come together. */
    digestMinute: Type.Optional(minuteOfDay),
    /** Types that the user does not want, as far as nobody asks for a confirmation and it is not urgent. */
    mutedTypes: Type.Optional(Type.Array(noticeTypeSchema, { maxItems: 100 })),
    rules: Type.Optional(
      Type.Object(
        {
          newComment: Type.Optional(Type.Boolean()),
          newMessage: Type.Optional(Type.Boolean()),
          loginExpired: Type.Optional(Type.Boolean()),
          workerDown: Type.Optional(Type.Boolean()),
          coverageGap: Type.Optional(Type.Boolean()),
        },
        strict,
      ),
    ),
  },
  strict,
);
export type NoticePreferences = Static<typeof noticePreferencesSchema>;

/** New items are on the screen with red dots already; what stops the work is told to everybody whom it concerns. */
export const DEFAULT_RULES: Readonly<Record<NoticeRule, boolean>> = {
  newComment: false,
  newMessage: false,
  loginExpired: true,
  workerDown: true,
  coverageGap: true,
};
