/** Somebody who waits until a receipt is durable, or has failed. A `Deferred` is one. */
export type ReceiptWaiter = { resolve(): void; reject(reason: unknown): void };

/** Who is answered together: a write to a socket each, a millisecond for all of them. */
export const ANSWERED_TOGETHER_COUNT = 200;
/** Of those who wait, this part is answered in a turn of the event loop: with more to answer, more in a turn. */
const TURNS_COUNT = 4;

/**
 * Answers to those whose receipts are durable, a few hundred in a turn of the event loop. Thousands of users acknowledge a notice
 * at once and one commit has them all: to write that to thousands of sockets takes as long as an urgent notice may.
 */
export class AnswerLine {
  readonly #waiting: ReceiptWaiter[] = [];
  #turn: NodeJS.Immediate | undefined;

  /** Few that nobody waits before are answered now. */
  push(waiters: readonly ReceiptWaiter[]): void {
    for (const waiter of waiters) this.#waiting.push(waiter);
    if (this.#waiting.length > ANSWERED_TOGETHER_COUNT || this.#turn) this.#askTurn();
    else this.flush();
  }

  /** Answers everybody now. Safe twice. */
  flush(): void {
    this.#answer(this.#waiting.length);
  }

  #askTurn(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#answer(Math.max(ANSWERED_TOGETHER_COUNT, Math.ceil(this.#waiting.length / TURNS_COUNT)));
      if (this.#waiting.length > 0) this.#askTurn();
    });
  }

  #answer(count: number): void {
    for (const waiter of this.#waiting.splice(0, count)) waiter.resolve();
  }
}
