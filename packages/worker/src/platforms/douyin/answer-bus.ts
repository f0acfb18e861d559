import type { Page } from 'playwright-core';
import type { TappedAnswer } from '../../browser/response-tap.ts';
import type { Op } from '../../lib/op.ts';
import type { Verdict } from './classify.ts';
import type { RouteName } from './contract.ts';

/** An answer of the platform that this adapter knows by name. */
export type Answer = { readonly route: RouteName; readonly tapped: TappedAnswer; readonly verdict: Verdict };

type Waiter = { readonly wants: (answer: Answer) => boolean; readonly take: (answer: Answer) => void };

/** Hands each answer to those who wait for it. A waiter must be set up before the act that causes the answer. */
export class AnswerBus {
  readonly #waiters = new Set<Waiter>();

  publish(answer: Answer): void {
    for (const waiter of [...this.#waiters]) if (waiter.wants(answer)) waiter.take(answer);
  }

  /** Starts listening; `next()` gives the answers in order. Ends with `stop()`. */
  listen(page: Page, route: RouteName, wants: (answer: Answer) => boolean = () => true): Listening {
    const held: Answer[] = [];
    const listening: { wake: (() => void) | undefined } = { wake: undefined };
    const waiter: Waiter = {
      wants: (answer) => answer.route === route && answer.tapped.page === page && wants(answer),
      take: (answer) => {
        held.push(answer);
        listening.wake?.();
      },
    };
    this.#waiters.add(waiter);
    return {
      next: (op, withinMs) => nextOf(op, withinMs, held, listening),
      stop: () => void this.#waiters.delete(waiter),
    };
  }
}

export type Listening = {
  /** The next answer, or undefined when none came in time. */
  next(op: Op, withinMs: number): Promise<Answer | undefined>;
  stop(): void;
};

async function nextOf(
  op: Op,
  withinMs: number,
  held: Answer[],
  listening: { wake: (() => void) | undefined },
): Promise<Answer | undefined> {
  const ready = held.shift();
  if (ready) return ready;
  let timer: NodeJS.Timeout | undefined;
  const arrival = new Promise<void>((resolve) => {
    listening.wake = resolve;
    timer = setTimeout(resolve, op.leftMs(withinMs));
  });
  try {
    await op.race(arrival);
  } finally {
    clearTimeout(timer);
    listening.wake = undefined;
  }
  return held.shift();
}
