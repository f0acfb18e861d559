import { expect, test } from 'vitest';
import { runCrash } from './testing/crash-run.ts';

const CRASH_TIMEOUT_MS = 60_000;

test.each([8360926, 3467175])(
  '[LG20] [LG21] [ST4] killed at any moment, nothing acknowledged is lost or doubled (seed %i)',
  { timeout: CRASH_TIMEOUT_MS },
  async (seed) => {
    const report = await runCrash({ seed, roundCount: 2 });
    expect(report.acknowledgedCount).toBeGreaterThan(0);
    expect(report.rowCount).toBeGreaterThanOrEqual(report.acknowledgedCount);
  },
);
