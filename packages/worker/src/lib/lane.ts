/** Runs tasks one after another. `close()` waits for the running one and refuses the rest. */
export class Lane {
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isClosed = false;

  /** Tasks waiting or running. */
  get count(): number {
    return this.#waiting;
  }

  /** Runs the task after those before it. Rejects when the lane was closed first. */
  run<T>(task: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const result = this.#tail.then(() => {
      if (this.#isClosed) throw new Error('the lane is closed');
      return task();
    });
    this.#tail = result.then(
      () => this.#done(),
      () => this.#done(),
    );
    return result;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#tail;
  }

  #done(): void {
    this.#waiting -= 1;
  }
}
