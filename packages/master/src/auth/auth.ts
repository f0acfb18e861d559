import { randomBytes, randomUUID } from 'node:crypto';
import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import { type AccountId, type UserId, userIdSchema } from '@hiscrm/shared/model/ids.ts';
import type { Grants, Principal, Role } from '@hiscrm/shared/model/visibility.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import type { Logger } from '../lib/logger.ts';
import type { AuthTables, UserRow } from '../log/auth-tables.ts';
import type { Authenticator, Login } from './authenticator.ts';
import { COUNTERS_LIMIT_COUNT, LoginThrottle } from './login-throttle.ts';
import { Passwords } from './passwords.ts';
import { hashToken, Sessions, TOKENS_LIMIT_COUNT } from './sessions.ts';

/** The name of the first administrator. */
export const FIRST_ADMIN = 'admin';
/** Users are held in memory and listed whole. */
export const USERS_LIMIT_COUNT = 10_000;
const WORKER_KEYS_LIMIT_COUNT = 1_000;
const WORKER_KEY_PREFIX = 'hwk_';
const KEY_BYTES = 32;
/** Visible characters without spaces: what a person types into one field. */
const USERNAME = /^[\p{L}\p{N}._@+-]{1,60}$/u;
const WORKER_KEY_NAME = /^[A-Za-z0-9._-]{1,60}$/;

/** A user as administrators see it. */
export type UserInfo = {
  readonly id: UserId;
  readonly username: string;
  readonly role: Role;
  readonly grants: 'all' | readonly AccountId[];
  readonly mustChangePassword: boolean;
  readonly createdAt: number;
};
export type WorkerKeyInfo = { readonly name: string; readonly createdAt: number };
export type AuthFigures = {
  readonly tokenCount: number;
  readonly tokenLimitCount: number;
  readonly throttleCount: number;
  readonly throttleLimitCount: number;
};
export type NewUser = {
  readonly username: string;
  readonly password: string;
  readonly role: Role;
  readonly grants: 'all' | readonly AccountId[];
  /** Under which another system knows the user; made when absent. */
  readonly id?: UserId | undefined;
};

/** What the process and what it sends are called. */
const OUR_IDS: ReadonlySet<string> = new Set(['owner', 'system']);
const readId = parserOf(userIdSchema);
const isUserId = (id: string): boolean => readId(id).ok;

/** Users, their sessions, and Worker keys. Every change is stored before it holds and leaves an audit line. */
export class Auth implements Authenticator {
  readonly #tables: AuthTables;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #passwords = new Passwords();
  readonly #throttle: LoginThrottle;
  readonly #users = new Map<string, UserRow>();
  /** What `users` gave last; absent once somebody changed. */
  #listed: readonly UserInfo[] | undefined;
  readonly #workerKeys = new Map<string, string>();
  readonly #sessions: Sessions;
  readonly #listeners = new Set<() => void>();

  constructor(options: { readonly tables: AuthTables; readonly clock: Clock; readonly logger: Logger }) {
    this.#tables = options.tables;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#throttle = new LoginThrottle(options.clock);
    const byId = new Map<string, UserRow>();
    for (const user of this.#tables.users()) {
      this.#users.set(fold(user.username), user);
      byId.set(user.id, user);
    }
    for (const key of this.#tables.workerKeys()) this.#workerKeys.set(key.keyHash, key.name);
    this.#sessions = new Sessions({
      ...options,
      principalOf: (userId) => {
        const user = byId.get(userId);
        return user && principalFrom(user);
      },
    });
  }

  /**
   * Makes the first administrator where there is none; answers the one-time password when it was made here.
   * Throws ALREADY_EXISTS when somebody without that role has the name.
   */
  async ensureAdministrator(password?: string | undefined): Promise<string | undefined> {
    if ([...this.#users.values()].some((user) => user.role === 'admin')) return undefined;
    const made = password ?? randomBytes(12).toString('base64url');
    await this.addUser({ username: FIRST_ADMIN, password: made, role: 'admin', grants: 'all' }, 'first start');
    if (password !== undefined) return undefined;
    this.#change(FIRST_ADMIN, { mustChangePassword: true });
    return made;
  }

  principalOf(token: string): Principal | undefined {
    return this.#sessions.principalOf(token);
  }

  workerKeyName(key: string): string | undefined {
    return this.#workerKeys.get(hashToken(key));
  }

  onChanged(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Throws BAD_CREDENTIALS, without telling whether the user exists, or TOO_MANY with `retryAfterMs`. */
  async login(options: {
    readonly username: string;
    readonly password: string;
    readonly address: string;
  }): Promise<Login> {
    const name = fold(options.username);
    const retryAfterMs = this.#throttle.attempt(name, options.address);
    if (retryAfterMs > 0) {
      this.#audit('login throttled', { address: options.address });
      throw new ImError('TOO_MANY', { retryAfterMs });
    }
    const stored = this.#users.get(name)?.passwordHash;
    const isRight = await this.#passwords.verify(stored, options.password);
    // The user may have been removed or given another password while the hash was made.
    const user = this.#users.get(name);
    if (!isRight || !user || user.passwordHash !== stored) {
      this.#audit('login refused', { address: options.address, ...(user && { username: user.username }) });
      throw new ImError('BAD_CREDENTIALS');
    }
    this.#throttle.succeeded(name, options.address);
    const principal = principalFrom(user);
    const session = this.#sessions.open(principal);
    this.#audit('login', { username: user.username, address: options.address });
    return { ...session, principal };
  }

  logout(token: string): void {
    const principal = this.#sessions.principalOf(token);
    if (!principal || !this.#sessions.revoke(token)) return;
    this.#audit('logout', { username: principal.username });
    this.#announce();
  }

  /** Asks for the old password, and ends the user's other sessions. */
  async changeOwnPassword(options: {
    readonly token: string;
    readonly oldPassword: string;
    readonly newPassword: string;
    readonly address: string;
  }): Promise<void> {
    const principal = this.#sessions.principalOf(options.token);
    if (!principal) throw new ImError('NOT_LOGGED_IN');
    const name = fold(principal.username);
    const retryAfterMs = this.#throttle.attempt(name, options.address);
    if (retryAfterMs > 0) throw new ImError('TOO_MANY', { retryAfterMs });
    const stored = this.#users.get(name)?.passwordHash;
    if (!(await this.#passwords.verify(stored, options.oldPassword))) throw new ImError('BAD_CREDENTIALS');
    this.#throttle.succeeded(name, options.address);
    const passwordHash = await this.#passwords.hash(options.newPassword);
    this.#change(name, { passwordHash, mustChangePassword: false });
    this.#sessions.revokeAllOf(principal.userId, options.token);
    this.#audit('password changed', { username: principal.username, by: principal.username });
    this.#announce();
  }

  /** Oldest first. The same list as long as no user changed. */
  users(): readonly UserInfo[] {
    this.#listed ??= [...this.#users.values()].map(infoFrom);
    return this.#listed;
  }

  /** Throws USER_NOT_FOUND. */
  user(username: string): UserInfo {
    return infoFrom(this.#row(username));
  }

  /** Throws BAD_REQUEST or ALREADY_EXISTS. */
  async addUser(user: NewUser, by: string): Promise<UserInfo> {
    if (!USERNAME.test(user.username)) {
      throw new ImError('BAD_REQUEST', { reason: 'a user name has 1 to 60 letters, digits or ._@+-' });
    }
    if (this.#users.size >= USERS_LIMIT_COUNT) {
      throw new ImError('BAD_REQUEST', { reason: `there are ${USERS_LIMIT_COUNT} users already, which is the most` });
    }
    this.#refuseKnown(user);
    const passwordHash = await this.#passwords.hash(user.password);
    this.#refuseKnown(user);
    const row: UserRow = {
      id: user.id ?? `user-${randomUUID()}`,
      username: user.username,
      passwordHash,
      role: user.role,
      grants: grantsText(user.grants),
      mustChangePassword: false,
      createdAt: this.#clock.now(),
    };
    this.#tables.putUser(row);
    this.#users.set(fold(row.username), row);
    this.#listed = undefined;
    this.#audit('user added', { username: row.username, role: row.role, by });
    return infoFrom(row);
  }

  /** Changes role or grants. Open sockets hear of it at once. Throws USER_NOT_FOUND or BAD_REQUEST. */
  changeUser(
    username: string,
    patch: { readonly role?: Role | undefined; readonly grants?: 'all' | readonly AccountId[] | undefined },
    by: string,
  ): UserInfo {
    if (patch.role !== undefined && patch.role !== 'admin') this.#keepAnAdministrator(username);
    const row = this.#change(username, {
      ...(patch.role !== undefined && { role: patch.role }),
      ...(patch.grants !== undefined && { grants: grantsText(patch.grants) }),
    });
    this.#sessions.replacePrincipal(principalFrom(row));
    this.#audit('user changed', { username: row.username, role: row.role, by });
    this.#announce();
    return infoFrom(row);
  }

  /** An administrator sets another password; the user is to change it, and every session of the user ends. */
  async setPassword(username: string, password: string, by: string): Promise<void> {
    this.#row(username);
    const passwordHash = await this.#passwords.hash(password);
    const row = this.#change(username, { passwordHash, mustChangePassword: true });
    this.#sessions.revokeAllOf(row.id as UserId); // made by addUser
    this.#audit('password set', { username: row.username, by });
    this.#announce();
  }

  /** Throws USER_NOT_FOUND, or BAD_REQUEST for the last administrator. */
  removeUser(username: string, by: string): void {
    const row = this.#row(username);
    this.#keepAnAdministrator(username);
    this.#tables.dropUser(row.id);
    this.#users.delete(fold(username));
    this.#listed = undefined;
    this.#sessions.revokeAllOf(row.id as UserId); // made by addUser
    this.#audit('user removed', { username: row.username, by });
    this.#announce();
  }

  workerKeys(): readonly WorkerKeyInfo[] {
    return this.#tables.workerKeys().map(({ name, createdAt }) => ({ name, createdAt }));
  }

  /** The key, which is nowhere else. Throws BAD_REQUEST or ALREADY_EXISTS. */
  addWorkerKey(name: string, by: string): string {
    if (!WORKER_KEY_NAME.test(name)) {
      throw new ImError('BAD_REQUEST', { reason: 'a key name has 1 to 60 letters, digits or ._-' });
    }
    const known = this.#tables.workerKeys();
    if (known.some((key) => key.name === name)) throw new ImError('ALREADY_EXISTS', { what: name });
    if (known.length >= WORKER_KEYS_LIMIT_COUNT) {
      throw new ImError('BAD_REQUEST', {
        reason: `there are ${WORKER_KEYS_LIMIT_COUNT} keys already, which is the most`,
      });
    }
    const key = `${WORKER_KEY_PREFIX}${randomBytes(KEY_BYTES).toString('base64url')}`;
    this.#tables.putWorkerKey({ name, keyHash: hashToken(key), createdAt: this.#clock.now() });
    this.#workerKeys.set(hashToken(key), name);
    this.#audit('worker key added', { name, by });
    return key;
  }

  /** A key for a Worker of this process's own, forgotten when the process ends. */
  issueLocalKey(name: string): string {
    const key = `${WORKER_KEY_PREFIX}${randomBytes(KEY_BYTES).toString('base64url')}`;
    this.#workerKeys.set(hashToken(key), name);
    return key;
  }

  /** Workers with this key are cut at once. Throws NOT_FOUND. */
  revokeWorkerKey(name: string, by: string): void {
    const row = this.#tables.workerKeys().find((key) => key.name === name);
    if (!row) throw new ImError('NOT_FOUND');
    this.#tables.dropWorkerKey(name);
    this.#workerKeys.delete(row.keyHash);
    this.#audit('worker key revoked', { name, by });
    this.#announce();
  }

  /** Sessions held, for the metrics. */
  get sessionCount(): number {
    return this.#sessions.count;
  }

  /** What is kept in memory beside users, sessions and keys, with its limits. */
  figures(): AuthFigures {
    return {
      tokenCount: this.#sessions.tokenCount,
      tokenLimitCount: TOKENS_LIMIT_COUNT,
      throttleCount: this.#throttle.counterCount,
      throttleLimitCount: COUNTERS_LIMIT_COUNT,
    };
  }

  /** Safe twice. The tables stay open: whoever opened them closes them. */
  close(): void {
    this.#sessions.close();
    this.#listeners.clear();
  }

  #row(username: string): UserRow {
    const row = this.#users.get(fold(username));
    if (!row) throw new ImError('USER_NOT_FOUND');
    return row;
  }

  #change(username: string, patch: Partial<UserRow>): UserRow {
    const row: UserRow = { ...this.#row(username), ...patch };
    this.#tables.putUser(row);
    this.#users.set(fold(username), row);
    this.#listed = undefined;
    return row;
  }

  #refuseKnown({ username, id }: NewUser): void {
    if (this.#users.has(fold(username))) throw new ImError('ALREADY_EXISTS', { what: username });
    if (id === undefined) return;
    if (!isUserId(id) || OUR_IDS.has(id)) {
      throw new ImError('BAD_REQUEST', {
        reason: 'an id has 1 to 80 letters, digits, _ or -, and is none that the program uses',
      });
    }
    if ([...this.#users.values()].some((row) => row.id === id)) throw new ImError('ALREADY_EXISTS', { what: id });
  }

  #keepAnAdministrator(username: string): void {
    const others = [...this.#users.values()].filter((row) => row.role === 'admin' && row !== this.#row(username));
    if (this.#row(username).role === 'admin' && others.length === 0) {
      throw new ImError('BAD_REQUEST', { reason: 'this is the last administrator; make another one first' });
    }
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }

  #audit(event: string, fields: Readonly<Record<string, string>>): void {
    this.#logger.info({ audit: true, ...fields }, event);
  }
}

/** Names that look the same are the same user. */
const fold = (username: string): string => username.normalize('NFKC').toLowerCase();

const grantsText = (grants: 'all' | readonly AccountId[]): string =>
  grants === 'all' ? 'all' : JSON.stringify([...new Set(grants)]);

function grantedAccounts(row: UserRow): 'all' | readonly AccountId[] {
  return row.grants === 'all' ? 'all' : (JSON.parse(row.grants) as AccountId[]); // written by grantsText
}

function infoFrom(row: UserRow): UserInfo {
  return {
    id: row.id as UserId, // made by addUser
    username: row.username,
    role: row.role as Role, // checked at the edge before it was stored
    grants: grantedAccounts(row),
    mustChangePassword: row.mustChangePassword,
    createdAt: row.createdAt,
  };
}

function principalFrom(row: UserRow): Principal {
  const { id, username, role } = infoFrom(row);
  const granted = grantedAccounts(row);
  const grants: Grants = role === 'admin' || granted === 'all' ? 'all' : new Set(granted);
  return { userId: id, username, role, grants };
}
