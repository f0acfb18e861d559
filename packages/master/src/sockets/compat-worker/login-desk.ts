import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { AccountId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import type { Socket } from 'socket.io';
import { type Fields, fieldsOf, idOf, textOf } from '../../words/foreign-values.ts';
import type { ForeignContext } from './foreign-context.ts';
import { credentialsOf, profileReport, sessionOfLogin, sessionReport, withoutSecrets } from './login-translation.ts';
import { FOREIGN_EVENT } from './worker-event.ts';

/** Logins of one Worker that input may still be sent to; the oldest is forgotten. */
const SESSIONS_LIMIT_COUNT = 100;

type Options = {
  readonly socket: Socket;
  readonly context: ForeignContext;
  readonly report: (accountId: AccountId, changes: readonly WorkerReport[]) => Promise<void>;
  readonly worker: () => WorkerId | undefined;
  readonly drives: (accountId: AccountId) => boolean;
  readonly configChanged: (accountId: AccountId, fields: readonly string[]) => void;
};

/** The logins that one existing Worker carries out: started and fed from here, told of as sessions, profiles and events. */
export class LoginDesk {
  readonly #options: Options;
  readonly #sessions = new Map<string, AccountId>();

  constructor(options: Options) {
    this.#options = options;
    const { socket } = options;
    const listen = (event: string, status: (payload: Fields) => string): void => {
      socket.on(event, (payload: unknown) => void this.#hear(event, fieldsOf(payload) ?? {}, status));
    };
    listen(FOREIGN_EVENT.loginStatus, ({ status }) => textOf(status) ?? '');
    listen(FOREIGN_EVENT.loginSuccess, () => 'success');
    listen(FOREIGN_EVENT.loginFailed, () => 'failed');
    listen(FOREIGN_EVENT.qrCodeReady, () => 'qrcode_ready');
    listen(FOREIGN_EVENT.qrCodeRefreshed, () => 'qrcode_refreshed');
  }

  /** Asks the Worker to open the login page. */
  start(accountId: AccountId, sessionId: string): void {
    const platform = this.#options.context.store.account(accountId)?.platform ?? '';
    this.#remember(sessionId, accountId);
    this.#options.socket.emit(FOREIGN_EVENT.loginStart, {
      account_id: accountId,
      session_id: sessionId,
      platform,
      proxy: null,
    });
  }

  /** Hands on what a person typed. False when this Worker does not carry out the login. */
  input(sessionId: string, input: { readonly inputType: string; readonly value: string }): boolean {
    if (!this.#sessions.has(sessionId)) return false;
    const { inputType: input_type, value } = input;
    this.#options.socket.emit(FOREIGN_EVENT.loginInput, { session_id: sessionId, input_type, value });
    return true;
  }

  close(): void {
    this.#sessions.clear();
  }

  async #hear(event: string, payload: Fields, statusOf: (payload: Fields) => string): Promise<void> {
    const { context, drives, report, worker } = this.#options;
    const { store, clock, loginEvents, vault, lc } = context;
    const accountId = idOf(payload.account_id) as AccountId | undefined; // looked up next
    const account = accountId && drives(accountId) ? store.account(accountId) : undefined;
    const workerId = worker();
    if (!account || workerId === undefined) {
      lc.warn({ workerId, event }, 'a login of an account that this worker does not drive');
      return;
    }
    const status = statusOf(payload);
    const now = clock.now();
    const sessionId = idOf(payload.session_id);
    if (sessionId !== undefined) this.#remember(sessionId, account.id);
    // Kept before anybody is told of the success, so that the account loads with its login.
    const credentials = status === 'success' ? credentialsOf(payload) : undefined;
    if (credentials && !vault.put(account.id, credentials))
      lc.warn({ accountId: account.id }, 'a login too large to be kept');
    const session = account.isPaused ? undefined : sessionOfLogin(status, payload, now);
    await report(account.id, [
      ...(status === 'success' ? profileReport(account, payload.user_info, now) : []),
      ...(session ? sessionReport(account, session) : []),
    ]);
    loginEvents.emit({ event, workerId, accountId: account.id, sessionId, status, data: withoutSecrets(payload) });
    // Without a session it is only the Worker noticing that the page is logged in.
    if (status === 'success' && sessionId !== undefined) {
      this.#options.configChanged(account.id, ['login_status', 'credentials', 'user_info']);
    }
  }

  #remember(sessionId: string, accountId: AccountId): void {
    this.#sessions.delete(sessionId);
    this.#sessions.set(sessionId, accountId);
    if (this.#sessions.size <= SESSIONS_LIMIT_COUNT) return;
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest);
      return;
    }
  }
}
