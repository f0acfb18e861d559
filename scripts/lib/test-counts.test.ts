import { expect, test } from 'vitest';
import { countTests, summaryLine } from './test-counts.mjs';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});
const report = (...testResults: ReturnType<typeof file>[]) => ({ success: true, testResults });

test('passed, failed and everything that did not run are told apart', () => {
  const counts = countTests(
    report(file('failed', 'passed', 'failed'), file('passed', 'pending', 'todo', 'skipped', 'passed')),
    1,
  );
  expect(counts).toEqual({ passed: 2, failed: 1, skipped: 3 });
});

test('a file that cannot be loaded is a failure though it holds no test', () => {
  expect(countTests(report(file('failed')), 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('"0 failed" is never said of a run that ended badly', () => {
  expect(countTests(report(file('passed', 'passed')), 1).failed).toBe(1);
  expect(countTests(undefined, 124).failed).toBe(1);
});

test('the last line sums the projects', () => {
  expect(summaryLine([])).toBe('0 passed, 0 failed, 0 skipped');
  const all = [
    { passed: 10, failed: 0, skipped: 1 },
    { passed: 2, failed: 3, skipped: 0 },
  ];
  expect(summaryLine(all)).toBe('12 passed, 3 failed, 1 skipped');
});
