import { expect, test } from 'vitest';
import { dayText, durationText, shortTime } from './time-text.ts';

const now = new Date(2026, 2, 12, 15, 30).getTime();
const at = (month: number, day: number, hour: number, minute: number, year = 2026): number =>
  new Date(year, month - 1, day, hour, minute).getTime();

test.each([
  [now + 5_000, '刚刚', 'now'],
  [now - 59_000, '刚刚', 'now'],
  [now - 60_000, '1分钟前', '1 min'],
  [at(3, 12, 9, 5), '09:05', '09:05'],
  [at(3, 11, 23, 59), '昨天', 'Yesterday'],
  [at(3, 10, 12, 0), '03/10', '03/10'],
  [at(12, 31, 12, 0, 2025), '2025/12/31', '12/31/2025'],
])('short time of %s', (time, zh, en) => {
  expect(shortTime(time, now, 'zh-CN')).toBe(zh);
  expect(shortTime(time, now, 'en')).toBe(en);
});

test('days and durations', () => {
  expect(dayText(at(3, 12, 0, 0), now, 'zh-CN')).toBe('今天');
  expect(dayText(at(3, 11, 0, 0), now, 'en')).toBe('Yesterday');
  expect(dayText(at(3, 1, 0, 0), now, 'zh-CN')).toContain('2026年3月1日');
  expect(durationText(65_400)).toBe('1:05');
});
