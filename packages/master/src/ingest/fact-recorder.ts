import { type WorkerReport, workerReportSchema } from '@hiscrm/shared/model/change.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import type { Committer } from './committer.ts';
import { type Knowledge, type KnownRecords, learn, subjectOf } from './novelty.ts';

const parseReport = parserOf(workerReportSchema);

export type Recorded = { readonly storedCount: number; readonly duplicateCount: number };

/** The way into the log for facts that no Worker reports under a lease: those of programs and of an import. */
export class FactRecorder {
  readonly #store: KnownRecords;
  readonly #committer: Committer;

  constructor(options: { readonly store: KnownRecords; readonly committer: Committer }) {
    this.#store = options.store;
    this.#committer = options.committer;
  }

  /**
   * Resolves when every fact that adds something is durable; what is known is left out. Rejects with BAD_REQUEST when one
   * does not fit its schema, with ACCOUNT_NOT_FOUND, or as the committer does; then nothing was stored.
   */
  async record(reports: readonly WorkerReport[]): Promise<Recorded> {
    for (const report of reports) {
      const parsed = parseReport(report);
      if (!parsed.ok) throw new ImError('BAD_REQUEST', { reason: parsed.reason });
      if (!this.#store.account(report.accountId)) throw new ImError('ACCOUNT_NOT_FOUND');
    }
    const fresh = this.#store.inOneRead(() => this.#sift(reports));
    if (fresh.length > 0) await this.#committer.commit(fresh);
    return { storedCount: fresh.length, duplicateCount: reports.length - fresh.length };
  }

  #sift(reports: readonly WorkerReport[]): readonly WorkerReport[] {
    const learned = new Map<string, Knowledge>();
    return reports.filter((report) => {
      const subject = subjectOf(report);
      const knowledge = learn(this.#store, report, learned.get(subject));
      if (knowledge) learned.set(subject, knowledge);
      return knowledge !== undefined;
    });
  }
}
