/** So long an urgent notice that is on its way to the disk keeps the others' turn back. */
export const HOLD_LIMIT_MS = 10;

type Turn =
  | { readonly kind: 'none' }
  /** In the next turn of the event loop. */
  | { readonly kind: 'next'; readonly immediate: NodeJS.Immediate }
  | { readonly kind: 'held'; readonly timer: NodeJS.Timeout; readonly since: number };

/**
 * When the dispatcher has its turn: in the next turn of the event loop. While an urgent notice is on its way to the disk the turn waits
 * until it is there: on one core the writing thread has the processor meanwhile, and the loop is free for its answer. That is for
 * `HOLD_LIMIT_MS` at most, and then not again until as much time has gone by: urgent notices without an end leave the others half of it.
 */
export class DispatchTurns {
  readonly #isUrgentAwaited: () => boolean;
  readonly #run: (lateMs: number) => void;
  #turn: Turn = { kind: 'none' };
  #holdAgainAt = 0;

  /** `run` hears how late the event loop came to it. */
  constructor(options: { readonly isUrgentAwaited: () => boolean; readonly run: (lateMs: number) => void }) {
    this.#isUrgentAwaited = options.isUrgentAwaited;
    this.#run = options.run;
  }

  /** One turn, however often it is asked for before it comes. */
  ask(): void {
    if (this.#turn.kind === 'held') this.reconsider();
    if (this.#turn.kind !== 'none') return;
    const now = performance.now();
    if (!this.#isUrgentAwaited() || now < this.#holdAgainAt) this.#askNext(now);
    else this.#turn = { kind: 'held', since: now, timer: setTimeout(() => this.#endHold(), HOLD_LIMIT_MS) };
  }

  /** An urgent notice has arrived, or will not: a turn that waited for it waits no more. */
  reconsider(): void {
    if (!this.#isUrgentAwaited()) this.#endHold();
  }

  /** No turn comes of what was asked. Safe twice. */
  cancel(): void {
    if (this.#turn.kind === 'next') clearImmediate(this.#turn.immediate);
    if (this.#turn.kind === 'held') clearTimeout(this.#turn.timer);
    this.#turn = { kind: 'none' };
  }

  #endHold(): void {
    if (this.#turn.kind !== 'held') return;
    const now = performance.now();
    clearTimeout(this.#turn.timer);
    this.#holdAgainAt = now + (now - this.#turn.since);
    this.#askNext(now);
  }

  #askNext(askedAt: number): void {
    const immediate = setImmediate(() => {
      this.#turn = { kind: 'none' };
      this.#run(performance.now() - askedAt);
    });
    this.#turn = { kind: 'next', immediate };
  }
}
