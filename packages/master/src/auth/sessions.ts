import { createHash, randomBytes } from 'node:crypto';
import { type Cancel, type Clock, every } from '@hiscrm/shared/lib/clock.ts';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { Logger } from '../lib/logger.ts';
import type { AuthTables } from '../log/auth-tables.ts';

const DAY_MS = 24 * 60 * 60_000;
/** A session nobody uses ends after this. */
export const SESSION_IDLE_MS = 30 * DAY_MS;
/** A session in use ends after this, so that a stolen token does not live for ever. */
export const SESSION_LIFE_MS = 180 * DAY_MS;
/** Use is written down at most this often: a write per request would cost more than the request. */
const USE_RESOLUTION_MS = 60 * 60_000;
/** Programs that log in at every run must not pile up sessions; the ones unused longest end. */
export const SESSIONS_OF_USER_LIMIT_COUNT = 200;
/** Tokens whose hash is remembered, so that a request costs one map lookup. The oldest are hashed again. */
export const TOKENS_LIMIT_COUNT = 50_000;
const TOKEN_BYTES = 32;

type Live = {
  readonly tokenHash: string;
  readonly createdAt: number;
  usedAt: number;
  /** 0 once it was revoked. */
  endsAt: number;
  principal: Principal;
};

/** SHA-256 in hex: what is stored of a token or key. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Sessions of all users: stored by hash, looked up in memory. */
export class Sessions {
  readonly #tables: AuthTables;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #byHash = new Map<string, Live>();
  readonly #byToken = new Map<string, Live>();
  readonly #stopSweeping: Cancel;

  /** Reads the stored sessions; `principalOf` gives the user of each, and sessions of unknown users end. */
  constructor(options: {
    readonly tables: AuthTables;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly principalOf: (userId: UserId) => Principal | undefined;
  }) {
    this.#tables = options.tables;
    this.#clock = options.clock;
    this.#logger = options.logger;
    for (const row of this.#tables.sessions()) {
      const principal = options.principalOf(row.userId as UserId); // stored by `open` below
      if (principal) this.#byHash.set(row.tokenHash, { ...row, endsAt: endOf(row), principal });
      else this.#tables.dropSession(row.tokenHash);
    }
    this.#sweep();
    this.#stopSweeping = every(this.#clock, USE_RESOLUTION_MS, () => this.#sweep());
  }

  /** Sessions held. */
  get count(): number {
    return this.#byHash.size;
  }

  /** Tokens whose hash is remembered. Limit: TOKENS_LIMIT_COUNT. */
  get tokenCount(): number {
    return this.#byToken.size;
  }

  /** Starts a session; the token is nowhere else. */
  open(principal: Principal): { readonly token: string; readonly expiresAt: number } {
    const own = this.#of(principal.userId).sort((a, b) => a.usedAt - b.usedAt);
    for (const live of own.slice(0, Math.max(0, own.length - SESSIONS_OF_USER_LIMIT_COUNT + 1))) this.#end(live);
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const now = this.#clock.now();
    const row = { tokenHash: hashToken(token), userId: principal.userId, createdAt: now, usedAt: now };
    this.#tables.putSession(row);
    const live: Live = { ...row, endsAt: endOf(row), principal };
    this.#byHash.set(live.tokenHash, live);
    return { token, expiresAt: live.endsAt };
  }

  /** The user behind the token, or undefined. One map lookup for a token seen before. */
  principalOf(token: string): Principal | undefined {
    const live = this.#byToken.get(token) ?? this.#find(token);
    if (!live) return undefined;
    const now = this.#clock.now();
    if (now >= live.endsAt) {
      if (live.endsAt > 0) this.#end(live);
      this.#byToken.delete(token);
      return undefined;
    }
    if (now - live.usedAt >= USE_RESOLUTION_MS) this.#noteUse(live, now);
    return live.principal;
  }

  /** Ends the session. False when there is none. */
  revoke(token: string): boolean {
    const live = this.#byHash.get(hashToken(token));
    if (live) this.#end(live);
    return live !== undefined;
  }

  /** Ends the user's sessions, save the one of `exceptToken`. */
  revokeAllOf(userId: UserId, exceptToken?: string | undefined): void {
    const except = exceptToken === undefined ? undefined : hashToken(exceptToken);
    const ending = this.#of(userId).filter((live) => live.tokenHash !== except);
    this.#tables.inOneWrite(() => {
      for (const live of ending) this.#end(live);
    });
  }

  /** The user's role or grants changed: every session acts by the new ones at once. */
  replacePrincipal(principal: Principal): void {
    for (const live of this.#of(principal.userId)) live.principal = principal;
  }

  /** Safe twice. */
  close(): void {
    this.#stopSweeping();
  }

  #of(userId: UserId): Live[] {
    return [...this.#byHash.values()].filter((live) => live.principal.userId === userId);
  }

  #find(token: string): Live | undefined {
    const live = this.#byHash.get(hashToken(token));
    if (!live) return undefined;
    this.#byToken.set(token, live);
    for (const oldest of this.#byToken.keys()) {
      if (this.#byToken.size <= TOKENS_LIMIT_COUNT) break;
      this.#byToken.delete(oldest);
    }
    return live;
  }

  #noteUse(live: Live, now: number): void {
    live.usedAt = now;
    live.endsAt = endOf(live);
    try {
      this.#tables.putSession({ ...live, userId: live.principal.userId });
    } catch (error) {
      // The session only ends earlier than it should; refusing the request would be worse.
      this.#logger.warn({ err: error }, 'the use of a session could not be written');
    }
  }

  #end(live: Live): void {
    live.endsAt = 0;
    this.#byHash.delete(live.tokenHash);
    this.#tables.dropSession(live.tokenHash);
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const live of this.#byHash.values()) if (now >= live.endsAt) this.#end(live);
    for (const [token, live] of this.#byToken) if (live.endsAt === 0) this.#byToken.delete(token);
  }
}

function endOf(session: { readonly createdAt: number; readonly usedAt: number }): number {
  return Math.min(session.usedAt + SESSION_IDLE_MS, session.createdAt + SESSION_LIFE_MS);
}
