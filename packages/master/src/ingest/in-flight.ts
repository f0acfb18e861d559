/**
 * What is on its way to the log, by key, so that the same fact from two batches at once is stored once. It holds no more
 * than what the log has in flight, which the log bounds.
 */
export class InFlight<V> {
  readonly #byKey = new Map<string, { readonly value: V; readonly settled: Promise<unknown> }>();

  get count(): number {
    return this.#byKey.size;
  }

  get(key: string): V | undefined {
    return this.#byKey.get(key)?.value;
  }

  /** The commit that the value under the key waits for. */
  settledOf(key: string): Promise<unknown> | undefined {
    return this.#byKey.get(key)?.settled;
  }

  /** Keeps the values until `settled` is, or until a later commit has put other ones in their place. */
  hold(values: ReadonlyMap<string, V>, settled: Promise<unknown>): void {
    for (const [key, value] of values) this.#byKey.set(key, { value, settled });
    const release = (): void => {
      for (const key of values.keys()) if (this.#byKey.get(key)?.settled === settled) this.#byKey.delete(key);
    };
    settled.then(release, release);
  }
}
