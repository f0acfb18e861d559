/**
 * The users of another system, read again and again in the background. While it cannot be read, the last good list serves; before
 * the first good one, nobody is told anything: a notice to everybody must not go to half of them.
 */
import { backoffMs } from '@hiscrm/shared/lib/backoff.ts';
import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import { same } from '@hiscrm/shared/lib/same.ts';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { DirectoryFigures, OtherUsers, Person } from '../notices/user-directory.ts';
import type { DirectorySource } from './directory-source.ts';
import { type DirectoryList, directoryErrorText, readDirectory } from './read-directory.ts';

/** After a failed read the next one comes after this, and later each time. */
const RETRY_MS = { firstMs: 1_000, capMs: 60_000 } as const;

type Known = DirectoryList & { readonly byId: ReadonlyMap<UserId, Person>; readonly readAt: number };

export class ExternalDirectory implements OtherUsers {
  readonly #source: DirectorySource;
  readonly #ttlMs: number;
  readonly #limitCount: number | undefined;
  readonly #clock: Clock;
  readonly #lc: Logger;
  readonly #closing = new AbortController();
  #known: Known | undefined;
  /** Of the newest read, if it failed. */
  #lastError: string | undefined;
  #failureCount = 0;
  #failuresInARowCount = 0;
  #nextAt: number;
  #cancel: Cancel = () => undefined;
  #round: Promise<void> = Promise.resolve();

  /** Begins to read at once. */
  constructor(options: {
    readonly source: DirectorySource;
    /** A good list is read again after so long. */
    readonly ttlMs: number;
    readonly clock: Clock;
    readonly lc: Logger;
    /** More rows than this are refused as a whole. */
    readonly limitCount?: number | undefined;
  }) {
    this.#source = options.source;
    this.#ttlMs = options.ttlMs;
    this.#limitCount = options.limitCount;
    this.#clock = options.clock;
    this.#lc = options.lc;
    this.#nextAt = this.#clock.now();
    this.#begin();
  }

  people(): readonly Person[] {
    if (this.#known) return this.#known.people;
    const retryAfterMs = Math.max(RETRY_MS.firstMs, this.#nextAt - this.#clock.now());
    throw new ImError('DIRECTORY_ABSENT', { retryAfterMs });
  }

  find(id: UserId): Person | undefined {
    return this.#known?.byId.get(id);
  }

  figures(): DirectoryFigures {
    const known = this.#known;
    const lastError = this.#lastError;
    const hasFailed = lastError !== undefined;
    return {
      kind: this.#source.kind,
      state: known ? (hasFailed ? 'stale' : 'fresh') : hasFailed ? 'absent' : 'loading',
      userCount: known?.people.length ?? 0,
      refusedRowCount: known?.refusedCount ?? 0,
      failureCount: this.#failureCount,
      ...(known && { lastReadAt: known.readAt }),
      ...(hasFailed && { lastError }),
    };
  }

  /** Reads no more; waits for what is under way. Safe twice. */
  async close(): Promise<void> {
    this.#cancel();
    this.#closing.abort(new Error('the directory is closed'));
    await this.#round;
  }

  #begin(): void {
    this.#round = this.#readOnce().then((delayMs) => {
      if (this.#closing.signal.aborted) return;
      this.#nextAt = this.#clock.now() + delayMs;
      this.#cancel = this.#clock.after(delayMs, () => this.#begin());
    });
  }

  /** One read and what follows from it: after how long the next one is due. */
  async #readOnce(): Promise<number> {
    try {
      const { signal } = this.#closing;
      this.#take(
        await readDirectory({ source: this.#source, clock: this.#clock, signal, limitCount: this.#limitCount }),
      );
      return this.#ttlMs;
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#noteFailure(directoryErrorText(error));
      const attempt = this.#failuresInARowCount++;
      return backoffMs({ attempt, ...RETRY_MS, random: this.#clock.random() });
    }
  }

  #take(list: DirectoryList): void {
    const before = this.#known;
    const { people, refusedCount, refused } = list;
    if (!before || this.#lastError !== undefined) {
      this.#lc.info({ userCount: people.length, kind: this.#source.kind }, 'the user directory was read');
    }
    if (refusedCount > 0 && (refusedCount !== before?.refusedCount || !same(refused, before.refused))) {
      this.#lc.warn({ refusedCount, refused }, 'rows of the user directory are no users');
    }
    this.#known = { ...list, byId: new Map(people.map((person) => [person.id, person])), readAt: this.#clock.now() };
    this.#lastError = undefined;
    this.#failuresInARowCount = 0;
  }

  #noteFailure(reason: string): void {
    this.#failureCount++;
    // Every attempt would fill the log; the state is in the figures.
    if (reason !== this.#lastError) {
      const isServed = this.#known !== undefined;
      this.#lc.warn({ reason, kind: this.#source.kind, isServed }, 'the user directory cannot be read');
    }
    this.#lastError = reason;
  }
}
