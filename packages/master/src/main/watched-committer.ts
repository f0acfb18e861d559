import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import { ERRORS, ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { Committer } from '../ingest/committer.ts';
import type { LoggedRow } from '../log/change-log.ts';
import type { Health } from '../ops/health.ts';

/** Measures commits, and says that the Master is broken once the log cannot be written. */
export class WatchedCommitter implements Committer {
  readonly #committer: Committer;
  readonly #clock: Clock;
  readonly #health: Health;
  readonly #observe: (durationMs: number) => void;
  #rowCount = 0;
  #underWayCount = 0;

  constructor(options: {
    readonly committer: Committer;
    readonly clock: Clock;
    readonly health: Health;
    readonly observe: (durationMs: number) => void;
  }) {
    this.#committer = options.committer;
    this.#clock = options.clock;
    this.#health = options.health;
    this.#observe = options.observe;
  }

  /** Rows committed since the start. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Commits that wait for the disk. */
  get underWayCount(): number {
    return this.#underWayCount;
  }

  async commit(changes: readonly Change[]): Promise<readonly LoggedRow[]> {
    const startedAt = this.#clock.now();
    this.#underWayCount++;
    try {
      const rows = await this.#committer.commit(changes);
      this.#observe(this.#clock.now() - startedAt);
      this.#rowCount += rows.length;
      return rows;
    } catch (error) {
      if (error instanceof ImError && error.code === 'LOG_WRITE_FAILED') this.#health.break(ERRORS.LOG_WRITE_FAILED.en);
      throw error;
    } finally {
      this.#underWayCount--;
    }
  }
}
