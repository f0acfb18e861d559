/** Closes what was opened, the last one first, each once; one that fails does not keep the others open. */
export class Closer {
  readonly #steps: { readonly name: string; readonly close: () => unknown }[] = [];
  #closing: Promise<void> | undefined;

  add(name: string, close: () => unknown): void {
    this.#steps.push({ name, close });
  }

  /** Like `add`, for what was opened late: it is closed right after the step named. */
  addBefore(later: string, name: string, close: () => unknown): void {
    const at = this.#steps.findIndex((step) => step.name === later);
    this.#steps.splice(at < 0 ? this.#steps.length : at, 0, { name, close });
  }

  /** Safe twice. `onError` hears of a step that failed. */
  close(onError: (name: string, error: unknown) => void = () => undefined): Promise<void> {
    this.#closing ??= this.#closeAll(onError);
    return this.#closing;
  }

  async #closeAll(onError: (name: string, error: unknown) => void): Promise<void> {
    for (const { name, close } of this.#steps.toReversed()) {
      try {
        await close();
      } catch (error) {
        onError(name, error);
      }
    }
  }
}
