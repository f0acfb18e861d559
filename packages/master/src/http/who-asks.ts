import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { hasRole, type Principal, type Role } from '@hiscrm/shared/model/visibility.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { isLoopbackAddress } from '../auth/origin-check.ts';
import { sessionTokenOf } from '../auth/session-token.ts';

/** Who the CLI is in audit lines: whoever can read the control token owns the data folder. */
const CONTROL: Principal = { userId: 'control' as UserId, username: 'hiscrm-cli', role: 'admin', grants: 'all' };
/** Says who asks, by session, or by the control token on this machine itself. */
export class WhoAsks {
  readonly #auth: Authenticator;
  readonly #controlHash: Buffer;

  constructor(auth: Authenticator, controlToken: string) {
    this.#auth = auth;
    this.#controlHash = sha256(controlToken);
  }

  of(request: IncomingMessage): Principal | undefined {
    const token = sessionTokenOf(request.headers, request.url ?? '');
    if (token === undefined) return undefined;
    return this.#auth.principalOf(token) ?? (this.#isControl(request, token) ? CONTROL : undefined);
  }

  #isControl(request: IncomingMessage, token: string): boolean {
    return isDirectlyFromHere(request) && timingSafeEqual(sha256(token), this.#controlHash);
  }
}

/** Whether the request came from this machine and not through a proxy on it. */
export function isDirectlyFromHere(request: IncomingMessage): boolean {
  const { headers, socket } = request;
  return (
    isLoopbackAddress(socket.remoteAddress) &&
    headers['x-forwarded-for'] === undefined &&
    headers.forwarded === undefined &&
    headers['x-real-ip'] === undefined
  );
}

/** Throws NOT_LOGGED_IN or FORBIDDEN. */
export function need(principal: Principal | undefined, least: Role): Principal {
  if (!principal) throw new ImError('NOT_LOGGED_IN');
  if (!hasRole(principal, least)) throw new ImError('FORBIDDEN');
  return principal;
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
