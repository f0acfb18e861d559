import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import { mayRead, type Principal } from '@hiscrm/shared/model/visibility.ts';
import { ImError, toWireError } from '@hiscrm/shared/protocol/errors.ts';
import type { Namespace, Server, Socket } from 'socket.io';
import type { Authenticator } from '../../auth/authenticator.ts';
import { isAllowedOrigin } from '../../auth/origin-check.ts';
import { sessionTokenOf } from '../../auth/session-token.ts';
import type { RunCommand } from '../../commands/command-request.ts';
import type { Publication } from '../../ingest/committer.ts';
import type { Logger } from '../../lib/logger.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import type { CompatAccess } from '../compat/compat-access.ts';
import { fieldsOf, textField } from '../compat/read-fields.ts';
import type { ForeignWorkers } from '../compat-worker/foreign-workers.ts';
import { ADMIN_EVENT, ADMIN_NAMESPACE } from './admin-event.ts';
import { type LoginContext, sendInput, startLogin } from './admin-login.ts';
import { adminStatus, sessionRows } from './admin-status.ts';
import { LoginBook } from './login-book.ts';
import { type AdminEvent, expiredEvent, fromForeignWorker, fromOwnWorker } from './login-feed.ts';

/** A page says who it is right after it connected; one that does not is hung up on. */
const AUTH_PATIENCE_MS = 30_000;
/** Pages that have not said who they are. One more is refused. */
export const STRANGERS_LIMIT_COUNT = 100;
/** Longest token looked at. */
const TOKEN_LIMIT_CHARS = 200;

type Options = {
  readonly io: Server;
  readonly access: CompatAccess;
  readonly authenticator: Authenticator;
  readonly allowedOrigins: readonly string[];
  readonly store: StoreReader;
  readonly workers: Pick<ForeignWorkers, 'driverOf' | 'startLogin' | 'sendLoginInput' | 'loginEvents'>;
  readonly runCommand: RunCommand;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly lc: Logger;
};

/** One admin page. Until it has a principal it hears nothing and is answered nothing. */
type Page = { readonly socket: Socket; token: string | undefined; principal: Principal | undefined; cancel: Cancel };

/**
 * The admin pages of the deployed system: figures, and logins of accounts. A page is let in by the token of its handshake, by
 * the one of `admin:auth`, or by the session of the browser that it runs in; the constant that such pages send is none.
 */
export class AdminServer {
  readonly #options: Options;
  readonly #namespace: Namespace;
  readonly #book: LoginBook;
  readonly #context: LoginContext;
  readonly #pages = new Map<Socket, Page>();
  readonly #stops: readonly Cancel[];
  readonly #onConnection = (socket: Socket): void => this.#open(socket);

  constructor(options: Options) {
    const { io, clock, authenticator, workers } = options;
    this.#options = options;
    this.#book = new LoginBook({ clock, onExpired: (session) => this.#tell([expiredEvent(session, clock.now())]) });
    this.#context = { ...options, book: this.#book };
    this.#namespace = io.of(ADMIN_NAMESPACE);
    this.#namespace.use((socket, next) => {
      const isRoom = this.#principalOf(socket, undefined) !== undefined || this.#strangerCount < STRANGERS_LIMIT_COUNT;
      next(
        isRoom
          ? undefined
          : Object.assign(new Error('OVERLOADED'), {
              data: toWireError('OVERLOADED', { retryAfterMs: AUTH_PATIENCE_MS }),
            }),
      );
    });
    this.#namespace.on('connection', this.#onConnection);
    this.#stops = [
      authenticator.onChanged(() => this.#recheckAll()),
      workers.loginEvents.on((heard) => this.#tell(fromForeignWorker(this.#book, heard, clock.now()))),
    ];
  }

  get connectionCount(): number {
    return this.#pages.size;
  }

  /** Hears every durable row, after the store has folded it in. */
  onPublication({ rows }: Publication): void {
    const { store, workers, clock } = this.#options;
    const now = clock.now();
    for (const { change } of rows) {
      if (change.kind === 'account.session') {
        const account = store.account(change.accountId);
        // An existing Worker's own words came another way, in more detail.
        if (account && workers.driverOf(account.id) === undefined) this.#tell(fromOwnWorker(this.#book, account, now));
      } else if (change.kind === 'worker.changed') {
        const status = change.isOnline ? 'online' : 'offline';
        this.#tellAll(ADMIN_EVENT.workerStatusChanged, { worker_id: change.workerId, status, timestamp: now });
      }
    }
  }

  /** Hangs up on everybody. Safe twice. */
  close(): void {
    for (const stop of this.#stops) stop();
    this.#book.close();
    this.#namespace.off('connection', this.#onConnection);
    for (const page of this.#pages.values()) {
      page.cancel();
      page.socket.disconnect(true);
    }
  }

  get #strangerCount(): number {
    return [...this.#pages.values()].filter(({ principal }) => principal === undefined).length;
  }

  #open(socket: Socket): void {
    const { clock } = this.#options;
    const page: Page = {
      socket,
      token: undefined,
      principal: this.#principalOf(socket, undefined),
      cancel: () => undefined,
    };
    this.#pages.set(socket, page);
    if (!page.principal) page.cancel = clock.after(AUTH_PATIENCE_MS, () => socket.disconnect(true));
    socket.once('disconnect', () => {
      page.cancel();
      this.#pages.delete(socket);
    });
    socket.on(ADMIN_EVENT.auth, (payload: unknown) => this.#auth(page, payload));
    this.#on(page, ADMIN_EVENT.statusRequest, (principal) => this.#sendStatus(page, principal));
    this.#on(page, ADMIN_EVENT.sessionsList, (principal) => {
      const sessions = sessionRows(principal, this.#book.open());
      socket.emit(ADMIN_EVENT.sessionsResponse, { sessions, timestamp: clock.now() });
    });
    this.#on(page, ADMIN_EVENT.loginStart, (principal, payload) => this.#startLogin(page, principal, payload));
    this.#on(page, ADMIN_EVENT.loginInput, (principal, payload) => {
      const sent = sendInput(this.#context, principal, payload);
      socket.emit(ADMIN_EVENT.loginInputAck, { ...sent, status: 'received', timestamp: clock.now() });
    });
    socket.emit(ADMIN_EVENT.connected, { message: 'Connected to admin namespace', timestamp: clock.now() });
  }

  /** Answers an event of a page that is logged in; a refusal is `admin:error`. */
  #on(page: Page, event: string, run: (principal: Principal, payload: unknown) => unknown): void {
    page.socket.on(event, (payload: unknown) => {
      const { principal } = page;
      const answer = async (): Promise<unknown> => {
        if (!principal) throw new ImError('NOT_LOGGED_IN');
        return run(principal, payload);
      };
      answer().catch((error: unknown) => {
        const known = error instanceof ImError ? error : undefined;
        if (!known) this.#options.lc.error({ err: error, event }, 'a request of an admin page failed');
        page.socket.emit(ADMIN_EVENT.error, { error: known?.code ?? 'INTERNAL', message: known?.message ?? '' });
      });
    });
  }

  #auth(page: Page, payload: unknown): void {
    const { clock } = this.#options;
    const fields = fieldsOf(payload);
    const { token } = fields;
    const isToken = typeof token === 'string' && token.length <= TOKEN_LIMIT_CHARS;
    const principal = this.#principalOf(page.socket, isToken ? token : undefined);
    const timestamp = clock.now();
    if (!principal) {
      const error = 'NOT_LOGGED_IN: send the token of POST /api/auth/login';
      page.socket.emit(ADMIN_EVENT.authFailed, { error, timestamp });
      return;
    }
    page.cancel();
    page.token = isToken ? token : undefined;
    page.principal = principal;
    page.socket.emit(ADMIN_EVENT.authSuccess, { userId: textField(fields, 'userId') ?? principal.userId, timestamp });
  }

  /** The user at this moment: by the token that the page sent, by its handshake, or by the browser's session. */
  #principalOf(socket: Socket, token: string | undefined): Principal | undefined {
    const { access, authenticator, allowedOrigins } = this.#options;
    const byToken = token === undefined ? undefined : authenticator.principalOf(token);
    if (byToken) return byToken;
    const { headers } = socket.handshake;
    const { origin, host } = headers;
    const session = isAllowedOrigin({ origin, host, allowedOrigins }) ? sessionTokenOf(headers, '') : undefined;
    const bySession = session === undefined ? undefined : authenticator.principalOf(session);
    return bySession ?? access.principalOf(socket);
  }

  #sendStatus({ socket }: Page, principal: Principal): void {
    const { store, clock } = this.#options;
    const status = adminStatus(store, principal, { sessions: this.#book.all(), now: clock.now() });
    socket.emit(ADMIN_EVENT.statusResponse, status);
  }

  async #startLogin({ socket }: Page, principal: Principal, payload: unknown): Promise<void> {
    const { store, workers, clock } = this.#options;
    const started = await startLogin(this.#context, principal, payload);
    socket.emit(ADMIN_EVENT.loginStartAck, { ...started, status: 'sent', timestamp: clock.now() });
    // A Worker of ours that waits for a scan already does not say so again.
    const account = store.account(started.account_id);
    const isWaiting = account?.session.kind === 'awaitingScan' && workers.driverOf(account.id) === undefined;
    if (account && isWaiting) this.#tell(fromOwnWorker(this.#book, account, clock.now()));
  }

  #tell(events: readonly AdminEvent[]): void {
    for (const { accountId, event, payload } of events) {
      for (const { socket, principal } of this.#pages.values())
        if (principal && mayRead(principal, accountId)) socket.emit(event, payload);
    }
  }

  #tellAll(event: string, payload: object): void {
    for (const { socket, principal } of this.#pages.values()) if (principal) socket.emit(event, payload);
  }

  #recheckAll(): void {
    for (const page of this.#pages.values()) {
      if (!page.principal) continue;
      page.principal = this.#principalOf(page.socket, page.token);
      if (!page.principal) page.socket.disconnect(true);
    }
  }
}
