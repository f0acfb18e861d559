import type { Cancel } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId, UserId } from '@hiscrm/shared/model/ids.ts';
import type { Grants, Principal, Role } from '@hiscrm/shared/model/visibility.ts';
import type { Authenticator } from '../../auth/authenticator.ts';

/** Sessions and keys in maps, changed by the test. For tests only. */
export class FakeAuthenticator implements Authenticator {
  readonly principals = new Map<string, Principal>();
  readonly workerKeys = new Map<string, string>();
  readonly #listeners = new Set<() => void>();

  principalOf(token: string): Principal | undefined {
    return this.principals.get(token);
  }
  workerKeyName(key: string): string | undefined {
    return this.workerKeys.get(key);
  }
  onChanged(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }
  /** Logs somebody in, or changes who a token stands for. */
  login(token: string, role: Role = 'admin', grants: Grants | readonly AccountId[] = 'all'): void {
    const seen: Grants = grants === 'all' ? grants : new Set(grants);
    this.principals.set(token, { userId: `u-${token}` as UserId, username: token, role, grants: seen });
    this.tell();
  }
  tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
