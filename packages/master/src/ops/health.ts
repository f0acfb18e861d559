import { unreachable } from '@hiscrm/shared/lib/must.ts';

export type HealthState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'broken'; readonly why: string };

/** Whether clients may connect. Stopping is final; broken stays until the process is started again. */
export class Health {
  readonly #checks: (() => readonly string[])[] = [];
  #state: HealthState = { kind: 'starting' };

  get state(): HealthState {
    return this.#state;
  }

  get isReady(): boolean {
    return this.#state.kind === 'ready';
  }

  /** Asked at every look: sentences that say what a room does worse than it should. */
  addCheck(check: () => readonly string[]): void {
    this.#checks.push(check);
  }

  /** Why the Master is degraded though it serves; empty when all is well. */
  degradations(): readonly string[] {
    return this.#checks.flatMap((check) => check());
  }

  becomeReady(): void {
    if (this.#state.kind === 'starting') this.#state = { kind: 'ready' };
  }

  becomeStopping(): void {
    this.#state = { kind: 'stopping' };
  }

  /** Something that only a person can mend, for instance a log that cannot be written. */
  break(why: string): void {
    if (this.#state.kind !== 'stopping') this.#state = { kind: 'broken', why };
  }

  /** One sentence for a person. */
  sentence(): string {
    const state = this.#state;
    switch (state.kind) {
      case 'starting':
        return 'The Master is starting.';
      case 'ready':
        return 'Clients may connect.';
      case 'stopping':
        return 'The Master is stopping.';
      case 'broken':
        return state.why;
      default:
        return unreachable(state);
    }
  }
}
