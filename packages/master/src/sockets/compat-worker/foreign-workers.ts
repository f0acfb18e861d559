import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import type { Socket } from 'socket.io';
import type { CredentialVault } from '../../auth/credential-vault.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { Publication } from '../../ingest/committer.ts';
import type { Ingest } from '../../ingest/ingest.ts';
import type { Logger } from '../../lib/logger.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { countOf, type Fields, fieldsOf } from '../../words/foreign-values.ts';
import type { CompatAccess } from '../compat/compat-access.ts';
import type { ForeignContext } from './foreign-context.ts';
import { ForeignWorker } from './foreign-worker.ts';
import { LoginEvents } from './login-events.ts';
import { credentialsOf } from './login-translation.ts';
import { SnapshotIntake } from './snapshot-intake.ts';
import { FOREIGN_EVENT } from './worker-event.ts';

/** Under which name peers without a key are known. A key cannot have it: key names hold no colon. */
const ANONYMOUS_KEY = 'compat:anonymous';
/** Workers whose place is remembered; the oldest is forgotten. */
const PLACES_LIMIT_COUNT = 1_000;

/** Figures of an account that only existing screens show. Times are epoch seconds. */
export type AccountRuntime = {
  readonly total_comments: number | null;
  readonly total_contents: number | null;
  readonly recent_comments_count: number | null;
  readonly recent_contents_count: number | null;
  readonly last_crawl_time: number | null;
  readonly last_heartbeat_time: number | null;
  readonly error_count: number | null;
  readonly last_error_message: string | null;
};

/** Existing Workers on the `/worker` namespace, and the doors that other edges need to them. */
export class ForeignWorkers {
  readonly loginEvents = new LoginEvents();
  readonly #access: CompatAccess;
  readonly #vault: CredentialVault;
  readonly #context: ForeignContext;
  readonly #workers = new Set<ForeignWorker>();
  readonly #places = new Map<string, { readonly host: string; readonly port: number }>();
  readonly #runtimes = new Map<AccountId, AccountRuntime>();

  constructor(options: {
    readonly access: CompatAccess;
    readonly fleet: Fleet;
    readonly ingest: Pick<Ingest, 'accept'>;
    readonly store: StoreReader;
    readonly vault: CredentialVault;
    readonly clock: Clock;
    readonly newId: () => string;
    readonly lc: Logger;
  }) {
    const { fleet, ingest, store, vault, clock, newId, lc } = options;
    this.#access = options.access;
    this.#vault = vault;
    this.#context = {
      fleet,
      ingest,
      intake: new SnapshotIntake({ ingest, store, clock, newId }),
      store,
      vault,
      loginEvents: this.loginEvents,
      clock,
      newId,
      lc,
      notePlace: (workerId, place) => this.#notePlace(workerId, place),
      noteRuntime: (accountId, status) => void this.#runtimes.set(accountId, runtimeOf(status)),
    };
  }

  /** The key name for a peer without a key, where such peers are served. */
  keyNameWithoutKey(socket: Socket): string | undefined {
    return this.#access.isAnonymousAllowed(socket) ? ANONYMOUS_KEY : undefined;
  }

  /**
   * Meets a Worker's socket before its first message: existing ones send bare events and wait for an answer to `join_room`
   * before they register. What is returned takes the envelopes, once they show that it is such a Worker.
   */
  meet(socket: Socket, keyName: string): (envelope: unknown) => void {
    const worker = new ForeignWorker({ socket, keyName, context: this.#context });
    return (envelope) => {
      if (!this.#workers.has(worker)) {
        this.#workers.add(worker);
        socket.once('disconnect', () => this.#workers.delete(worker));
      }
      worker.receive(envelope);
    };
  }

  /** Hears every durable row. */
  onPublication({ rows }: Publication): void {
    for (const { change } of rows) {
      if (change.kind !== 'account.removed') continue;
      this.#vault.drop(change.accountId);
      this.#runtimes.delete(change.accountId);
    }
  }

  get connectionCount(): number {
    return this.#workers.size;
  }

  /** Where an existing Worker said that it is. */
  placeOf(workerId: string): { readonly host: string; readonly port: number } | undefined {
    return this.#places.get(workerId);
  }

  /** The newest figures of an account, since this process started. */
  runtimeOf(accountId: AccountId): AccountRuntime | undefined {
    return this.#runtimes.get(accountId);
  }

  /** The existing Worker that drives the account, when one does and is here. */
  driverOf(accountId: AccountId): WorkerId | undefined {
    return this.#driver(accountId)?.workerId;
  }

  /** Starts a login under the caller's session id. False when no existing Worker drives the account. */
  startLogin(accountId: AccountId, sessionId: string): boolean {
    const worker = this.#driver(accountId);
    worker?.logins.start(accountId, sessionId);
    return worker !== undefined;
  }

  /** Hands on what a person typed into a login. False when no Worker carries it out. */
  sendLoginInput(sessionId: string, input: { readonly inputType: string; readonly value: string }): boolean {
    for (const worker of this.#workers) if (worker.logins.input(sessionId, input)) return true;
    return false;
  }

  /**
   * Keeps the storage of a login that somebody made elsewhere, sealed, and hands it to the existing Worker that drives the
   * account. Without such a Worker it waits for the next one that registers.
   */
  updateStorage(update: {
    readonly accountId: AccountId;
    readonly platform: string;
    readonly storageState: unknown;
    readonly timestamp: unknown;
  }): { readonly isKept: boolean; readonly workerId: WorkerId | undefined } {
    const { accountId, platform, storageState, timestamp } = update;
    const credentials = fieldsOf(storageState) && credentialsOf({ storageState });
    const isKept = credentials !== undefined && this.#vault.put(accountId, credentials);
    const worker = isKept ? this.#driver(accountId) : undefined;
    worker?.emit(FOREIGN_EVENT.updateStorage, { accountId, platform, storageState, timestamp });
    return { isKept, workerId: worker?.workerId };
  }

  #driver(accountId: AccountId): ForeignWorker | undefined {
    for (const worker of this.#workers) if (worker.drives(accountId)) return worker;
    return undefined;
  }

  #notePlace(workerId: string, place: { readonly host: string; readonly port: number }): void {
    this.#places.delete(workerId);
    this.#places.set(workerId, place);
    if (this.#places.size <= PLACES_LIMIT_COUNT) return;
    for (const oldest of this.#places.keys()) {
      this.#places.delete(oldest);
      return;
    }
  }
}

function runtimeOf(status: Fields): AccountRuntime {
  const count = (name: string): number | null => countOf(status[name]) ?? null;
  return {
    total_comments: count('total_comments'),
    total_contents: count('total_contents'),
    recent_comments_count: count('recent_comments_count'),
    recent_contents_count: count('recent_contents_count'),
    last_crawl_time: count('last_crawl_time'),
    last_heartbeat_time: count('last_heartbeat_time'),
    error_count: count('error_count'),
    last_error_message: typeof status.last_error_message === 'string' ? status.last_error_message.slice(0, 500) : null,
  };
}
