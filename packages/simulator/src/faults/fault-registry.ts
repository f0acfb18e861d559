import type { Random } from '../lib/random.ts';
import type { FaultArgs, FaultKind, FaultOrder } from './fault.ts';

/** What a fault is matched against. */
export type FaultSite = {
  accountKeys: readonly string[];
  method: string;
  path: string;
  query: ReadonlyMap<string, string>;
};
export type ActiveFault = { id: string; order: FaultOrder; hits: number; remaining: number | undefined };

/** The faults that are ordered, in order. `take` uses one up; `peek` only asks. */
export class FaultRegistry {
  readonly #random: Random;
  readonly #onChange: () => void;
  #faults: ActiveFault[] = [];
  #counter = 0;

  constructor(random: Random, onChange: () => void) {
    this.#random = random;
    this.#onChange = onChange;
  }

  add(order: FaultOrder): ActiveFault {
    this.#counter += 1;
    const fault: ActiveFault = { id: `f${this.#counter}`, order, hits: 0, remaining: order.times };
    this.#faults.push(fault);
    this.#onChange();
    return fault;
  }

  /** Removes one fault, all of a kind, or all. Answers how many were removed. */
  remove(which: { id?: string | undefined; kind?: string | undefined }): number {
    const before = this.#faults.length;
    this.#faults = this.#faults.filter((fault) => {
      const isNamed =
        (which.id === undefined || fault.id === which.id) &&
        (which.kind === undefined || fault.order.kind === which.kind);
      return !isNamed;
    });
    this.#onChange();
    return before - this.#faults.length;
  }

  list(): readonly ActiveFault[] {
    return this.#faults;
  }

  /** Whether a kind is ordered for this account, without using it up: for what a page asks about itself. */
  peek(kind: FaultKind, accountKeys: readonly string[]): FaultArgs | undefined {
    const fault = this.#faults.find(({ order }) => order.kind === kind && matchesAccount(order, accountKeys));
    return fault ? (fault.order.args ?? {}) : undefined;
  }

  /** The first of the kinds that applies here, counted as used; undefined when none does. */
  take(kinds: readonly FaultKind[], site: FaultSite): { kind: FaultKind; args: FaultArgs } | undefined {
    for (const fault of this.#faults) {
      const { order } = fault;
      if (!kinds.includes(order.kind) || !matches(order, site)) continue;
      if (order.probability !== undefined && !this.#random.chance(order.probability)) continue;
      this.#use(fault);
      return { kind: order.kind, args: order.args ?? {} };
    }
    return undefined;
  }

  #use(fault: ActiveFault): void {
    fault.hits += 1;
    if (fault.remaining === undefined) return;
    fault.remaining -= 1;
    if (fault.remaining > 0) return;
    this.#faults = this.#faults.filter((other) => other !== fault);
    this.#onChange();
  }
}

function matchesAccount(order: FaultOrder, accountKeys: readonly string[]): boolean {
  return order.match?.account === undefined || accountKeys.includes(order.match.account);
}

function matches(order: FaultOrder, site: FaultSite): boolean {
  const { match } = order;
  if (!match) return true;
  if (!matchesAccount(order, site.accountKeys)) return false;
  if (match.method !== undefined && match.method.toUpperCase() !== site.method) return false;
  if (match.path !== undefined && !site.path.includes(match.path)) return false;
  return Object.entries(match.query ?? {}).every(([key, value]) => site.query.get(key) === value);
}
