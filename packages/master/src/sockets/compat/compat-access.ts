import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import { toWireError } from '@hiscrm/shared/protocol/errors.ts';
import type { Socket } from 'socket.io';
import { ANONYMOUS, isLocalPeer } from '../../auth/anonymous.ts';
import type { Authenticator } from '../../auth/authenticator.ts';
import type { Logger } from '../../lib/logger.ts';

/** Longer than any token or key. */
const SECRET_LIMIT_CHARS = 200;
/** Who an existing client acts as: by the session token of its handshake, or as nobody in particular where that is allowed. */
export class CompatAccess {
  readonly #authenticator: Authenticator;
  readonly #isAnonymousServed: boolean;
  readonly #lc: Logger;

  constructor(options: {
    readonly authenticator: Authenticator;
    /** HISCRM_COMPAT_ANONYMOUS: peers on this machine need no login. */
    readonly isAnonymousServed: boolean;
    readonly lc: Logger;
  }) {
    this.#authenticator = options.authenticator;
    this.#isAnonymousServed = options.isAnonymousServed;
    this.#lc = options.lc;
    if (options.isAnonymousServed) {
      this.#lc.warn(
        {},
        'HISCRM_COMPAT_ANONYMOUS=1: everybody on this machine may use the existing protocols without login',
      );
    }
  }

  /** The user at this moment; asked again whenever sessions change. Undefined: hang up. */
  principalOf(socket: Socket): Principal | undefined {
    const token = secretOf(socket, 'token');
    if (token !== undefined) {
      const principal = this.#authenticator.principalOf(token);
      // The admin page of the deployed system sends a constant instead of a token.
      if (principal) return principal;
    }
    return this.isAnonymousAllowed(socket) ? ANONYMOUS : undefined;
  }

  /** Whether this peer is on this machine and such peers need no login. */
  isAnonymousAllowed(socket: Socket): boolean {
    return this.#isAnonymousServed && isLocalPeer(socket.handshake);
  }

  /** Namespace middleware: lets in who has a principal, and says to the others what to do. */
  readonly admit = (socket: Socket, next: (error?: Error) => void): void => {
    const principal = this.principalOf(socket);
    if (principal === ANONYMOUS)
      this.#lc.warn({ namespace: socket.nsp.name }, 'an existing client came in without login');
    if (principal) next();
    else next(refusal());
  };
}

/** `auth.<name>` of the handshake, else `?<name>=`. */
export function secretOf(socket: Socket, name: 'token' | 'key'): string | undefined {
  const { auth, query } = socket.handshake;
  const value: unknown = auth?.[name] ?? query[name];
  return typeof value === 'string' && value.length > 0 && value.length <= SECRET_LIMIT_CHARS ? value : undefined;
}

/** The text is what a `connect_error` listener shows; the data is for programs. */
const refusal = (): Error =>
  Object.assign(
    new Error(
      'NOT_LOGGED_IN: give a session token as auth.token or ?token= (POST /api/auth/login), ' +
        'or start the Master with HISCRM_COMPAT_ANONYMOUS=1 for clients on its own machine',
    ),
    { data: toWireError('NOT_LOGGED_IN') },
  );
