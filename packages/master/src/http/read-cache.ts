import type { IncomingMessage, ServerResponse } from 'node:http';
import { ByteLru } from '@hiscrm/shared/lib/lru.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { mayRead, type Principal, sightKey } from '@hiscrm/shared/model/visibility.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { sessionTokenOf } from '../auth/session-token.ts';
import type { StoreReader } from '../store/store-reader.ts';

/** Some thousand lists of the usual size; the least recently used go first. */
export const READ_CACHE_LIMIT_BYTES = 32 * 1024 * 1024;
/** Beside its body an entry costs its key, its headers and its place in the map. */
const ENTRY_OVERHEAD_BYTES = 800;
/** Raised when the same records give other bytes, so that a browser's copy of an older program is not confirmed. */
const SHAPE_VERSION = 1;
const PREFIX = '/api/im/';

/** Headers of every answer that may be kept; the server's other routes get theirs from helmet. */
export const READ_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'private, no-cache',
  vary: 'authorization, cookie',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

export type KeptAnswer = {
  readonly body: Buffer;
  readonly etag: string;
  /** The account whose readers may have it; undefined = it depends on everything that the asker may see. */
  readonly accountId: AccountId | undefined;
  readonly version: number;
  /** Of 304, and of 200: made once, as names and values in turn. */
  readonly bareHeaders: string[];
  readonly bodyHeaders: string[];
};

/** Keeps the encoded bytes of lists until the account changes: serialising is three quarters of a request. */
export class ReadCache {
  readonly #store: StoreReader;
  readonly #auth: Authenticator;
  readonly #answers: ByteLru<string, KeptAnswer>;
  readonly #sights = new WeakMap<Principal, string>();
  #hitCount = 0;

  constructor(options: {
    readonly store: StoreReader;
    readonly auth: Authenticator;
    readonly limitBytes?: number | undefined;
  }) {
    this.#store = options.store;
    this.#auth = options.auth;
    this.#answers = new ByteLru({
      limitBytes: options.limitBytes ?? READ_CACHE_LIMIT_BYTES,
      sizeOf: (answer) => answer.body.length + ENTRY_OVERHEAD_BYTES,
    });
  }

  get bytes(): number {
    return this.#answers.bytes;
  }

  get hitCount(): number {
    return this.#hitCount;
  }

  /**
   * Answers a repeated GET whose list has not changed, before any routing; false = the routes have to.
   * Who asks and what they may see is asked every time.
   */
  tryServe(request: IncomingMessage, response: ServerResponse): boolean {
    const { url } = request;
    if (request.method !== 'GET' || url === undefined || !url.startsWith(PREFIX)) return false;
    if (request.headers.origin !== undefined) return false; // a page elsewhere needs its own headers
    const token = sessionTokenOf(request.headers, '');
    if (token === undefined) return false;
    const principal = this.#auth.principalOf(token);
    if (!principal) return false;
    const answer = this.#answers.get(url) ?? this.#answers.get(this.#sightOf(principal) + url);
    if (!answer || answer.version !== this.versionOf(answer.accountId)) return false;
    if (answer.accountId !== undefined && !mayRead(principal, answer.accountId)) return false;
    this.#hitCount++;
    if (isKnown(request.headers['if-none-match'], answer.etag)) response.writeHead(304, answer.bareHeaders).end();
    else response.writeHead(200, answer.bodyHeaders).end(answer.body);
    return true;
  }

  /** The place in the log up to which an answer about the account, or about everything, is true. */
  versionOf(accountId: AccountId | undefined): number {
    return accountId === undefined ? this.#store.head() : this.#store.accountVersion(accountId);
  }

  /** Encodes the answer and keeps it. `version` was read before the answer was put together. */
  keep(options: {
    readonly principal: Principal;
    readonly url: string;
    readonly accountId: AccountId | undefined;
    readonly version: number;
    readonly value: object;
  }): KeptAnswer {
    const { accountId, version, url } = options;
    const etag = `"${SHAPE_VERSION}-${this.#store.epoch}-${version}"`;
    const body = Buffer.from(JSON.stringify(options.value));
    const bareHeaders = [...Object.entries(READ_HEADERS).flat(), 'etag', etag];
    const bodyHeaders = [...bareHeaders, 'content-length', String(body.length)];
    const answer: KeptAnswer = { body, etag, accountId, version, bareHeaders, bodyHeaders };
    const isTokenInUrl = url.includes('token=');
    // What another change overtook while it was put together is answered once and not kept.
    if (!isTokenInUrl && version === this.versionOf(accountId)) {
      this.#answers.set(accountId === undefined ? this.#sightOf(options.principal) + url : url, answer);
    }
    return answer;
  }

  #sightOf(principal: Principal): string {
    const known = this.#sights.get(principal);
    if (known !== undefined) return known;
    const sight = `${sightKey(principal)} `;
    this.#sights.set(principal, sight);
    return sight;
  }
}

/** Whether an If-None-Match header holds the tag. */
export function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((part) => part.trim().replace(/^W\//, '') === etag || part.trim() === '*');
}
