import { type NoticePreferences, noticePreferencesSchema } from '@hiscrm/shared/model/notice-preferences.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formOf, planPreferences } from './plan-preferences.ts';

const parse = parserOf(noticePreferencesSchema);
const minute = fc.integer({ min: 0, max: 1_439 });
const anyPreferences: fc.Arbitrary<NoticePreferences> = fc.record(
  {
    language: fc.constantFrom('zh' as const, 'en' as const),
    timeZone: fc.constantFrom('Asia/Shanghai', 'UTC'),
    quietHours: fc
      .record({ fromMinute: minute, toMinute: minute })
      .filter(({ fromMinute, toMinute }) => fromMinute !== toMinute),
    digestMinute: minute,
    mutedTypes: fc.uniqueArray(fc.constantFrom('system_notice', 'order_paid'), { minLength: 1 }),
    rules: fc.record({ newComment: fc.constant(true), workerDown: fc.constant(false) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

test('what is shown and saved without a change keeps every choice, for any preferences', () => {
  fc.assert(
    fc.property(anyPreferences, (preferences) => {
      const plan = planPreferences(formOf(preferences, 'Europe/Berlin'));
      if (plan.kind !== 'ready') throw new Error(`incomplete: ${plan.missing}`);
      expect(parse(plan.preferences)).toMatchObject({ ok: true });
      const { timeZone: _zone, rules: _rules, ...rest } = preferences;
      expect(plan.preferences).toMatchObject(rest);
      expect(plan.preferences.rules ?? {}).toEqual(preferences.rules ?? {});
    }),
  );
});

test('times of day without a zone are read in UTC and shown so; who has none is offered the zone of the browser', () => {
  expect(formOf({ digestMinute: 540 }, 'Asia/Shanghai').timeZone).toBe('UTC');
  expect(formOf({}, 'Asia/Shanghai').timeZone).toBe('Asia/Shanghai');
  expect(formOf({ timeZone: 'Asia/Tokyo', digestMinute: 1 }, 'Asia/Shanghai').timeZone).toBe('Asia/Tokyo');
});

test('an empty time and quiet hours that end when they begin are not saved', () => {
  const form = { ...formOf({}, 'UTC'), isQuiet: true, isDigest: true };
  expect(planPreferences({ ...form, quietFrom: '' })).toEqual({ kind: 'incomplete', missing: 'time' });
  expect(planPreferences({ ...form, digestAt: '' })).toEqual({ kind: 'incomplete', missing: 'time' });
  expect(planPreferences({ ...form, quietFrom: '08:00' })).toEqual({ kind: 'incomplete', missing: 'quietSpan' });
  expect(planPreferences({ ...form, isQuiet: false, quietFrom: '' })).toMatchObject({ kind: 'ready' });
});
