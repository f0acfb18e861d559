import type { Cancel } from '@hiscrm/shared/lib/clock.ts';

/**
 * What an existing Worker said about a login, for admin pages. `data` is the Worker's own payload without cookies, storage and
 * fingerprint: those are sealed and go nowhere.
 */
export type LoginEvent = {
  /** The Worker's event: `worker:login:status` or one of the older names. */
  readonly event: string;
  readonly workerId: string;
  readonly accountId: string;
  readonly sessionId: string | undefined;
  readonly status: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/** Hands login events on as they come. */
export class LoginEvents {
  readonly #listeners = new Set<(event: LoginEvent) => void>();

  on(listener: (event: LoginEvent) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  emit(event: LoginEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
