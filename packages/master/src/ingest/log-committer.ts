import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountSummary, TopicSummary } from '@hiscrm/shared/model/summary.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { ChangeLog, LoggedRow } from '../log/change-log.ts';
import type { Committer, Publication } from './committer.ts';

/** Where durable rows are folded in: the store. */
export interface Folder {
  /** Folds rows in log order and gives the counters that they changed. */
  apply(rows: readonly LoggedRow[]): {
    readonly topics: readonly TopicSummary[];
    readonly accounts: readonly AccountSummary[];
  };
}

/** Commits to the log; what became durable goes to the store and then to `publish`, in log order and before the promise. */
export class LogCommitter implements Committer {
  readonly #log: ChangeLog;
  readonly #store: Folder;
  readonly #publish: (publication: Publication) => void;
  #isClosed = false;

  constructor(options: {
    readonly log: ChangeLog;
    readonly store: Folder;
    readonly publish: (publication: Publication) => void;
  }) {
    this.#log = options.log;
    this.#store = options.store;
    this.#publish = options.publish;
  }

  async commit(changes: readonly Change[]): Promise<readonly LoggedRow[]> {
    if (this.#isClosed) throw new ImError('SHUTTING_DOWN');
    return await this.#log.append(changes);
  }

  /** The log's `onDurable`. */
  onDurable(rows: readonly LoggedRow[]): void {
    this.#publish({ rows, ...this.#store.apply(rows) });
  }

  /** Takes no more; what is under way still becomes durable. Safe twice. */
  close(): void {
    this.#isClosed = true;
  }
}
