import type { Deferred } from '@hiscrm/shared/lib/deferred.ts';

/** Callers that are answered together: a write to a socket each, a millisecond for all of them. */
export const ANSWERED_TOGETHER_COUNT = 200;
/** Of what waits, this part is answered in a turn of the event loop: with more to answer, more in a turn. */
const TURNS_COUNT = 4;

/**
 * Answers to those whose receipts are durable, a few hundred in a turn of the event loop. Thousands of users acknowledge a notice
 * at once and one commit has them all: to write that to thousands of sockets takes as long as an urgent notice may.
 */
export class AnswerLine {
  readonly #waiting: Deferred<void>[] = [];
  #turn: NodeJS.Immediate | undefined;

  /** Each of these answers up to `ANSWERED_TOGETHER_COUNT` callers. A single one that nothing waits before is answered now. */
  push(answers: readonly Deferred<void>[]): void {
    this.#waiting.push(...answers);
    if (this.#waiting.length > 1) this.#askTurn();
    else this.flush();
  }

  /** Answers everybody now. Safe twice. */
  flush(): void {
    this.#answer(this.#waiting.length);
  }

  #askTurn(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#answer(Math.ceil(this.#waiting.length / TURNS_COUNT));
      if (this.#waiting.length > 0) this.#askTurn();
    });
  }

  #answer(count: number): void {
    for (const answer of this.#waiting.splice(0, count)) answer.resolve();
  }
}
