import type { Random } from '../harness/random.ts';

/** Text that parsers, databases, logs and pages have stumbled over. */
export const NASTY: readonly string[] = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '👨‍👩‍👧‍👦',
  '../../../../etc/passwd',
  "'; DROP TABLE log; --",
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  '%00',
  '%2e%2e%2f',
  'a'.repeat(70_000),
  '9'.repeat(400),
  '-1',
  '1e309',
  'NaN',
  'undefined',
  'null',
];

/** A lone surrogate cannot stand in an address. */
export const toUrlText = (text: string): string => text.toWellFormed();

/** A copy of a value with one place changed: another type, a missing or an additional field, a nasty text or number. */
export function bend(value: unknown, random: Random): unknown {
  if (random.chance(0.2)) return value;
  if (Array.isArray(value)) return value.map((item) => (random.chance(0.5) ? bend(item, random) : item));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0 || random.chance(0.1)) return { ...value, [random.pick(NASTY)]: random.pick(NASTY) };
    const at = random.int(0, entries.length - 1);
    if (random.chance(0.15)) return Object.fromEntries(entries.filter((_, index) => index !== at));
    return Object.fromEntries(entries.map(([key, item], index) => [key, index === at ? bend(item, random) : item]));
  }
  return random.pick<unknown>([
    ...NASTY,
    null,
    true,
    -1,
    0.5,
    2 ** 53,
    1e308,
    [],
    {},
    [[[[]]]],
    { a: { b: { c: {} } } },
  ]);
}
