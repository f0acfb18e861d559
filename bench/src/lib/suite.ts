import type { SuiteReport } from './report.ts';

export type SuiteOptions = {
  /** Small and rough: whether it runs at all, not what it reaches. */
  readonly isQuick: boolean;
};

export type Suite = (options: SuiteOptions) => Promise<SuiteReport>;
