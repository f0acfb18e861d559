import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ANONYMOUS, isLocalPeer } from '../auth/anonymous.ts';

/** Addresses that programs of the deployed system call; it asked nobody for a login. */
const PREFIXES = ['/api/v1/', '/api/im/', '/api/debug/'] as const;
const METHODS = 'GET, POST, PUT, DELETE, PATCH, OPTIONS';
const HEADERS = 'Content-Type, Authorization, X-Requested-With, X-Request-ID, If-None-Match';
/** Browsers ask again after this long. */
const PREFLIGHT_MAX_AGE_S = '600';
const REQUEST_ID = /^[\w.:-]{1,100}$/;

/** What programs of the deployed system expect around an answer: an echoed request id, CORS for the pages that are listed. */
export class CompatDoor {
  readonly #allowedOrigins: readonly string[];
  readonly #isAnonymousServed: boolean;

  constructor(options: { readonly allowedOrigins: readonly string[]; readonly isAnonymousServed: boolean }) {
    this.#allowedOrigins = options.allowedOrigins;
    this.#isAnonymousServed = options.isAnonymousServed;
  }

  /** Who acts when nobody is logged in: on this machine, at these addresses, and only where that is allowed. */
  principalOf({ raw, url }: FastifyRequest): Principal | undefined {
    const isServed = this.#isAnonymousServed && PREFIXES.some((prefix) => url.startsWith(prefix));
    return isServed && isLocalPeer({ address: raw.socket.remoteAddress, headers: raw.headers }) ? ANONYMOUS : undefined;
  }

  /** Sets the headers. True when the request was a browser's question beforehand, which is answered with them. */
  prepare(request: FastifyRequest, reply: FastifyReply): boolean {
    if (!request.url.startsWith('/api/')) return false;
    const given = request.headers['x-request-id'];
    const isGiven = typeof given === 'string' && REQUEST_ID.test(given);
    // Ours is the one that a bug is logged under.
    reply.header('x-request-id', isGiven ? given : request.id);
    const { origin } = request.headers;
    if (origin === undefined || !this.#allowedOrigins.includes(origin)) return false;
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'ETag, Retry-After, X-Request-ID',
      'cross-origin-resource-policy': 'cross-origin',
      vary: 'origin, authorization, cookie',
    });
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false;
    reply.headers({
      'access-control-allow-methods': METHODS,
      'access-control-allow-headers': HEADERS,
      'access-control-max-age': PREFLIGHT_MAX_AGE_S,
    });
    return true;
  }
}
