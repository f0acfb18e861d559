import { type Cancel, type Clock, every } from '@hiscrm/shared/lib/clock.ts';
import type { MasterDatabase } from './open-database.ts';

/** How much of the log is kept for clients that come back: the newer of the two limits decides. */
export type KeepPolicy = { readonly keepAgeMs: number; readonly keepBytes: number };

/** 30 days, or 2 GiB of text: some millions of changes. Who comes back later starts from a snapshot. */
export const DEFAULT_KEEP: KeepPolicy = { keepAgeMs: 30 * 24 * 60 * 60 * 1_000, keepBytes: 2 * 1024 ** 3 };

/** Often enough that one turn deletes little, seldom enough to be nothing. */
const PERIOD_MS = 10 * 60_000;

/** Trims the log from time to time. The log itself never trims what the state tables do not hold yet. */
export class LogTrimmer {
  readonly #database: MasterDatabase;
  readonly #clock: Clock;
  readonly #policy: KeepPolicy;
  readonly #cancel: Cancel;

  constructor(options: { readonly database: MasterDatabase; readonly clock: Clock; readonly policy: KeepPolicy }) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#policy = options.policy;
    this.#cancel = every(options.clock, PERIOD_MS, () => void this.trim());
  }

  /** Trims to the policy; resolves when the place is set, while rows go in the background. */
  async trim(): Promise<void> {
    const oldestAt = this.#clock.now() - this.#policy.keepAgeMs;
    const place = this.#database.trimPlace({ keepBytes: this.#policy.keepBytes, oldestAt });
    await this.#database.log.trimTo(place);
  }

  /** Safe twice. */
  close(): void {
    this.#cancel();
  }
}
