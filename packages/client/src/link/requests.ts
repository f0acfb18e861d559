import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { ClientUp } from '@hiscrm/shared/protocol/client-link.ts';
import type { WireError } from '@hiscrm/shared/protocol/errors.ts';
import type { QueryName, QueryParams, QueryResults } from '@hiscrm/shared/protocol/queries.ts';
import type { Outcome } from '../outcome.ts';
import { patienceMs } from '../patience.ts';

/** A query waits this long, reconnects included, before the screen is told that nothing came. */
export const QUERY_DEADLINE_MS = 30_000;
/** More waiting queries than any screen makes; beyond it a query ends as `full`. */
export const PENDING_QUERY_LIMIT_COUNT = 2_000;

export type Answered<N extends QueryName> = { readonly asOf: Seq; readonly result: QueryResults[N] };
type Settle = (outcome: Outcome<{ readonly asOf: Seq; readonly result: unknown }>) => void;
type Pending = {
  readonly frame: ClientUp;
  readonly settle: Settle;
  readonly cancelDeadline: Cancel;
  refusalCount: number;
  cancelRetry: Cancel;
};

/**
 * Queries under way. A query is repeated after a reconnect, as asking twice is harmless. Callbacks run inside the call that
 * delivers the answer, so that an answer meets the state that it belongs to.
 */
export class Requests {
  readonly #clock: Clock;
  readonly #send: (frame: ClientUp) => void;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #isClosed = false;

  constructor(options: { readonly clock: Clock; readonly send: (frame: ClientUp) => void }) {
    this.#clock = options.clock;
    this.#send = options.send;
  }

  /** A number for a frame, never used before on this client. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Asks. `onEnd` is called exactly once, unless the returned function is called before: then never. */
  query<N extends QueryName>(name: N, params: QueryParams<N>, onEnd: (outcome: Outcome<Answered<N>>) => void): Cancel {
    const end = onEnd as Settle; // the server answers the question that was asked
    if (this.#isClosed || this.#pending.size >= PENDING_QUERY_LIMIT_COUNT) {
      end({ kind: 'gone', why: this.#isClosed ? 'closed' : 'full' });
      return () => undefined;
    }
    const id = this.nextId();
    const cancelDeadline = this.#clock.after(QUERY_DEADLINE_MS, () =>
      this.#settle(id, { kind: 'gone', why: 'timedOut' }),
    );
    const frame = { type: 'query', id, name, params } as ClientUp; // name and params belong together
    this.#pending.set(id, { frame, settle: end, cancelDeadline, refusalCount: 0, cancelRetry: () => undefined });
    this.#send(frame);
    return () => void this.#take(id);
  }

  /** After a reconnect: asks again whatever was not answered, in the order in which it was asked. */
  repeatAll(): void {
    for (const pending of this.#pending.values()) {
      pending.cancelRetry();
      this.#send(pending.frame);
    }
  }

  answer(id: number, asOf: Seq, result: unknown): void {
    this.#settle(id, { kind: 'done', value: { asOf, result } });
  }

  /**
   * Whether the refusal belonged to a query. One that came too soon after too many others is asked again, by itself, until its
   * deadline: a screen that opens many lists at once, or scrolls fast, is slower then, and nothing is missing in it.
   */
  refuse(id: number, error: WireError): boolean {
    const pending = this.#pending.get(id);
    if (!pending) return false;
    if (error.code === 'TOO_MANY') this.#retryLater(pending, error);
    else this.#settle(id, { kind: 'refused', error });
    return true;
  }

  #retryLater(pending: Pending, error: WireError): void {
    pending.cancelRetry();
    const waitMs = patienceMs(error, pending.refusalCount, this.#clock.random());
    pending.refusalCount += 1;
    pending.cancelRetry = this.#clock.after(waitMs, () => this.#send(pending.frame));
  }

  /** Ends every query as `closed`. Safe twice. */
  close(): void {
    this.#isClosed = true;
    for (const id of [...this.#pending.keys()]) this.#settle(id, { kind: 'gone', why: 'closed' });
  }

  #settle(id: number, outcome: Outcome<{ readonly asOf: Seq; readonly result: unknown }>): void {
    this.#take(id)?.settle(outcome);
  }

  /** The query is over; undefined when it was before. */
  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (!pending) return undefined;
    this.#pending.delete(id);
    pending.cancelDeadline();
    pending.cancelRetry();
    return pending;
  }
}
