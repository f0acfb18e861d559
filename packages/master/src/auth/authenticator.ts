import type { Cancel } from '@hiscrm/shared/lib/clock.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';

export type Login = { readonly token: string; readonly principal: Principal; readonly expiresAt: number };

/** Who is there, for every surface. Lookups are synchronous and from memory: they stand on the hot path. */
export interface Authenticator {
  /** The user behind a session token, or undefined: unknown, expired or revoked. */
  principalOf(token: string): Principal | undefined;
  /** The name of the Worker key, or undefined: unknown or revoked. */
  workerKeyName(key: string): string | undefined;
  /**
   * Calls back at once when sessions or keys were revoked or a user's role or grants changed, so that open sockets ask
   * again who they are (P8). Cancel when the socket closes.
   */
  onChanged(listener: () => void): Cancel;
}
