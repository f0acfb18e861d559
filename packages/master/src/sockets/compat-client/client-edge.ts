import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import { hasRole, mayRead, type Principal } from '@hiscrm/shared/model/visibility.ts';
import { ENVELOPE_VERSION } from '@hiscrm/shared/protocol/worker-link.ts';
import type { Namespace, Server, Socket } from 'socket.io';
import type { Authenticator } from '../../auth/authenticator.ts';
import type { Publication } from '../../ingest/committer.ts';
import type { Logger } from '../../lib/logger.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { toSeconds } from '../../words/account-words.ts';
import type { CompatAccess } from '../compat/compat-access.ts';
import { fieldsOf, textField } from '../compat/read-fields.ts';
import { statusUpdateOf } from '../compat/status-update-of.ts';
import type { ForeignWorkers } from '../compat-worker/foreign-workers.ts';
import { CLIENT_EVENT, CLIENT_NAMESPACE } from './client-event.ts';

/** The desktop part of existing PC clients: it registers, hands in logins that a person made, and hears of accounts. */
export class ClientEdge {
  readonly #namespace: Namespace;
  readonly #access: CompatAccess;
  readonly #store: StoreReader;
  readonly #workers: Pick<ForeignWorkers, 'updateStorage'>;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #lc: Logger;
  readonly #principals = new Map<Socket, Principal>();
  readonly #stopListening: Cancel;
  readonly #onConnection = (socket: Socket): void => this.#open(socket);

  constructor(options: {
    readonly io: Server;
    readonly access: CompatAccess;
    readonly authenticator: Authenticator;
    readonly store: StoreReader;
    readonly workers: Pick<ForeignWorkers, 'updateStorage'>;
    readonly clock: Clock;
    readonly newId: () => string;
    readonly lc: Logger;
  }) {
    this.#access = options.access;
    this.#store = options.store;
    this.#workers = options.workers;
    this.#clock = options.clock;
    this.#newId = options.newId;
    this.#lc = options.lc;
    this.#namespace = options.io.of(CLIENT_NAMESPACE);
    this.#namespace.use(options.access.admit);
    this.#namespace.on('connection', this.#onConnection);
    this.#stopListening = options.authenticator.onChanged(() => this.#recheckAll());
  }

  get connectionCount(): number {
    return this.#principals.size;
  }

  /** Hears every durable row, after the store has folded it in. */
  onPublication({ rows }: Publication): void {
    if (this.#principals.size === 0) return;
    for (const { change } of rows) {
      switch (change.kind) {
        case 'account.session':
          this.#tellStatus(change.accountId);
          break;
        case 'reply.sent':
        case 'reply.rejected':
        case 'reply.unknown': {
          const reply = this.#store.reply(change.replyId);
          const result =
            reply && resultOf(reply, this.#store.account(reply.accountId)?.platform ?? '', this.#clock.now());
          if (reply && result) this.#tell(reply.accountId, CLIENT_EVENT.replyResult, result);
          break;
        }
        default:
      }
    }
  }

  /** Hangs up on everybody. Safe twice. */
  close(): void {
    this.#stopListening();
    this.#namespace.off('connection', this.#onConnection);
    for (const socket of this.#principals.keys()) socket.disconnect(true);
  }

  #open(socket: Socket): void {
    const principal = this.#access.principalOf(socket);
    if (!principal) {
      socket.disconnect(true); // revoked since the middleware looked
      return;
    }
    this.#principals.set(socket, principal);
    socket.once('disconnect', () => this.#principals.delete(socket));
    socket.on(CLIENT_EVENT.register, (payload: unknown) => this.#register(socket, payload));
    socket.on(CLIENT_EVENT.manualLoginSuccess, (payload: unknown) => this.#manualLogin(socket, payload));
    socket.on(CLIENT_EVENT.message, (envelope: unknown) => this.#envelope(socket, envelope));
  }

  #register(socket: Socket, payload: unknown): void {
    const deviceId = textField(fieldsOf(payload), 'device_id');
    if (deviceId === undefined) {
      socket.emit(CLIENT_EVENT.registerError, { error: 'Missing required field: device_id' });
      return;
    }
    const connected_at = toSeconds(this.#clock.now());
    socket.emit(CLIENT_EVENT.registerSuccess, {
      session_id: `session-${this.#newId()}`,
      device_id: deviceId,
      connected_at,
    });
  }

  /** A login that a person made in a browser beside the client: sealed, and handed to the Worker that drives the account. */
  #manualLogin(socket: Socket, payload: unknown): void {
    const fields = fieldsOf(payload);
    const accountId = (textField(fields, 'accountId') ?? '') as AccountId; // looked up next
    const principal = this.#principals.get(socket);
    const account = principal && mayRead(principal, accountId) ? this.#store.account(accountId) : undefined;
    if (!principal || !account || !hasRole(principal, 'operator')) {
      socket.emit(CLIENT_EVENT.manualLoginError, { error: `Account not found: ${accountId}`, accountId });
      return;
    }
    const timestamp = this.#clock.now();
    const { isKept, workerId } = this.#workers.updateStorage({
      accountId,
      platform: account.platform,
      storageState: fields.storageState,
      timestamp: fields.timestamp ?? timestamp,
    });
    if (!isKept) {
      socket.emit(CLIENT_EVENT.manualLoginError, { error: 'storageState holds no cookies, or too much', accountId });
      return;
    }
    this.#lc.info({ accountId, workerId }, 'a manual login was handed in');
    // Without an existing Worker on line the login is kept for the next one that drives the account.
    const outcome =
      workerId === undefined
        ? { success: false, message: 'No worker connected; the login is kept' }
        : { success: true, workerId };
    socket.emit(CLIENT_EVENT.manualLoginAck, { accountId, ...outcome, timestamp });
  }

  /** The one envelope in use asks for notices that were missed; the deployed system kept none. */
  #envelope(socket: Socket, envelope: unknown): void {
    const { type, payload } = fieldsOf(envelope);
    if (type !== CLIENT_EVENT.syncRequest) return;
    socket.emit(CLIENT_EVENT.message, {
      type: CLIENT_EVENT.syncResponse,
      version: ENVELOPE_VERSION,
      payload: { device_id: textField(fieldsOf(payload), 'device_id') ?? null, notifications: [], total_count: 0 },
      timestamp: this.#clock.now(),
    });
  }

  #tellStatus(accountId: AccountId): void {
    const record = this.#store.account(accountId);
    const summary = this.#store.accountSummary(accountId);
    if (!record || !summary) return;
    const timestamp = this.#clock.now();
    const { kind } = record.session;
    if (kind === 'online' || kind === 'loginRequired' || kind === 'challenge') {
      const status = kind === 'online' ? 'active' : 'error';
      this.#tell(accountId, CLIENT_EVENT.accountStatusUpdated, {
        accountId,
        platform: record.platform,
        status,
        timestamp,
      });
    }
    this.#tell(accountId, CLIENT_EVENT.channelStatusUpdate, statusUpdateOf({ record, summary }, timestamp));
  }

  #tell(accountId: AccountId, event: string, payload: unknown): void {
    for (const [socket, principal] of this.#principals) if (mayRead(principal, accountId)) socket.emit(event, payload);
  }

  #recheckAll(): void {
    for (const socket of this.#principals.keys()) {
      const principal = this.#access.principalOf(socket);
      if (principal) this.#principals.set(socket, principal);
      else socket.disconnect(true);
    }
  }
}

/** `server:reply:result`; undefined while there is none. */
function resultOf(reply: ReplyRecord, platform: string, timestamp: number): object | undefined {
  const common = { reply_id: reply.id, request_id: reply.key, account_id: reply.accountId, platform, timestamp };
  switch (reply.state.kind) {
    case 'requested':
    case 'attempted':
      return undefined;
    case 'sent':
      return { ...common, status: 'success', message: '回复成功' };
    case 'rejected':
      return {
        ...common,
        status: 'failed',
        message: '回复失败',
        error_code: reply.state.reason,
        error_message: reply.state.detail ?? '',
      };
    case 'unknown':
      return {
        ...common,
        status: 'unknown',
        message: '发送结果未知',
        error_code: 'UNKNOWN',
        error_message: reply.state.detail ?? '',
      };
    default:
      return unreachable(reply.state);
  }
}
