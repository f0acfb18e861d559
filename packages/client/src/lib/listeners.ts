import type { Cancel } from '@hiscrm/shared/lib/clock.ts';

/** Who wants to hear of a named thing. A listener added or removed while others are told takes part from the next time on. */
export class Listeners<Name extends string> {
  readonly #byName = new Map<Name, Set<() => void>>();

  add(name: Name, listener: () => void): Cancel {
    const known = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, known);
    // A listener given twice must be cancelled twice.
    const own = (): void => listener();
    known.add(own);
    return () => {
      known.delete(own);
      if (known.size === 0 && this.#byName.get(name) === known) this.#byName.delete(name);
    };
  }

  tell(name: Name): void {
    for (const listener of [...(this.#byName.get(name) ?? [])]) listener();
  }

  get count(): number {
    let count = 0;
    for (const known of this.#byName.values()) count += known.size;
    return count;
  }
}
