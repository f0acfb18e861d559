import { performance } from 'node:perf_hooks';

/** One small step of a piece of work; says whether more of it is left. */
export type Step = () => 'more' | 'done';

/** How heavy work of the event loop's thread is done: step by step, one piece after the other. */
export interface Turns {
  /** Starts the work, after what was given before. A step must not throw where somebody waits for its end. */
  run(step: Step): void;
  /** Starts the work before all that has not begun. */
  runNext(step: Step): void;
}

/**
 * For the thread's time that heavy work may take in one turn of the loop; what else the loop does comes on top, and both take
 * twice as long where the writing thread shares the core. A turn more costs some microseconds.
 */
export const TURN_BUDGET_MS = 2;

const doAll = (step: Step): void => {
  while (step() === 'more');
};

/** Does all of it before the call returns: for programs that have nobody else to serve. */
export const AT_ONCE: Turns = { run: doAll, runNext: doAll };

/**
 * Shares the event loop between heavy work and everybody else. Work begins at once when nothing waits and the turn has time
 * left; the rest goes on in the turns that follow. Pieces never mix: one is done before the next begins, so what only
 * such work changes stands still while a piece reads it, however many turns it takes.
 */
export class SharedTurns implements Turns {
  readonly #budgetMs: number;
  readonly #now: () => number;
  readonly #queue: Step[] = [];
  #spentMs = 0;
  /** Whether the first piece has done a step. */
  #hasBegun = false;
  #isWorking = false;
  #isFinished = false;
  #nextTurn: NodeJS.Immediate | undefined;

  constructor(options: { readonly budgetMs?: number | undefined; readonly now?: (() => number) | undefined } = {}) {
    this.#budgetMs = options.budgetMs ?? TURN_BUDGET_MS;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Pieces that are not done. */
  get waitingCount(): number {
    return this.#queue.length;
  }

  run(step: Step): void {
    this.#queue.push(step);
    this.#begin();
  }

  runNext(step: Step): void {
    this.#queue.splice(this.#hasBegun ? 1 : 0, 0, step);
    this.#begin();
  }

  #begin(): void {
    if (!this.#isWorking && this.#queue.length === 1) this.#work();
  }

  /** Does what waits, and from now on everything, at once: for the end of the process. Safe twice. */
  finish(): void {
    this.#isFinished = true;
    clearImmediate(this.#nextTurn);
    if (!this.#isWorking) this.#work();
  }

  #work(): void {
    this.#isWorking = true;
    try {
      for (let step = this.#queue[0]; step && this.#hasTime(); step = this.#queue[0]) this.#do(step);
    } finally {
      this.#isWorking = false;
      if (!this.#isFinished) this.#nextTurn ??= setImmediate(() => this.#beginTurn());
    }
  }

  #hasTime(): boolean {
    return this.#isFinished || this.#spentMs < this.#budgetMs;
  }

  #do(step: Step): void {
    const startedAt = this.#now();
    this.#hasBegun = true;
    let next: ReturnType<Step> = 'done'; // what throws is not tried again
    try {
      next = step();
    } finally {
      this.#hasBegun = next === 'more';
      if (next === 'done') this.#queue.shift();
      this.#spentMs += this.#now() - startedAt;
    }
  }

  #beginTurn(): void {
    this.#nextTurn = undefined;
    this.#spentMs = 0;
    if (this.#queue.length > 0) this.#work();
  }
}

/** Does the work of a generator, a step to each of its `yield`s. Resolves with what it returns; rejects with what it throws. */
export function inTurns<T>(turns: Turns, work: Generator<void, T>): Promise<T> {
  return new Promise((resolve, reject) => {
    turns.run(() => {
      try {
        const { value, done } = work.next();
        if (!done) return 'more';
        resolve(value);
      } catch (error) {
        reject(error);
      }
      return 'done';
    });
  });
}
