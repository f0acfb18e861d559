/**
 * The client library: one connection, the replica that it keeps, and the commands that go out. For browsers and Node; it
 * knows no framework. Every getter returns the same object until its slice is told.
 */
import { type Cancel, type Clock, systemClock } from '@hiscrm/shared/lib/clock.ts';
import { unreachable } from '@hiscrm/shared/lib/must.ts';
import { type AccountId, type Seq, START } from '@hiscrm/shared/model/ids.ts';
import type { TopicKind, TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import type { ClientDown } from '@hiscrm/shared/protocol/client-link.ts';
import type { CommandName, CommandParams, CommandResult } from '@hiscrm/shared/protocol/commands.ts';
import type { QueryName, QueryParams, QueryResults } from '@hiscrm/shared/protocol/queries.ts';
import { Listeners } from './lib/listeners.ts';
import type { Connection } from './link/connection.ts';
import { Link } from './link/link.ts';
import { Requests } from './link/requests.ts';
import { ShownReporter } from './link/shown-reporter.ts';
import { DeliveryAcks } from './notices/delivery-acks.ts';
import { NoticeBox, type NoticeBoxState } from './notices/notice-box.ts';
import { Outbox, type PendingReply } from './outbox/outbox.ts';
import { MemoryOutboxStore, type OutboxStore } from './outbox/outbox-store.ts';
import type { Outcome } from './outcome.ts';
import { Replica } from './replica/replica.ts';
import type { Slice } from './replica/slice.ts';
import type { OpenWire } from './transport/wire.ts';

export type ClientOptions = {
  /** How a connection is made; `webSocketOpener` for a real one. */
  readonly openWire: OpenWire;
  /** Who is speaking, for the server's log and its list of connections. */
  readonly identity: { readonly name: string; readonly version: string };
  readonly clock?: Clock | undefined;
  /** Where unconfirmed replies survive a reload. Memory by default. */
  readonly store?: OutboxStore | undefined;
  /** Makes an idempotency key: 8 to 100 letters, digits, `-` or `_`, never the same twice. */
  readonly newKey?: (() => string) | undefined;
};

/** What can be watched: parts of the replica, the connection, the replies under way. */
export type ClientSlice = Slice | 'connection' | 'outbox' | 'notices';

/** Makes a client that does nothing until `start`. */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

export class Client {
  readonly replica: Replica;
  readonly #link: Link;
  readonly #requests: Requests;
  readonly #shown: ShownReporter;
  readonly #outbox: Outbox;
  readonly #notices: NoticeBox;
  readonly #acks: DeliveryAcks;
  readonly #listeners = new Listeners<'connection' | 'outbox' | 'notices'>();
  #userId: string | undefined;
  #resetCount = 0;
  #holesInARow = 0;

  constructor(options: ClientOptions) {
    const clock = options.clock ?? systemClock;
    this.#requests = new Requests({ clock, send: (frame) => this.#link.send(frame) });
    this.#shown = new ShownReporter({ clock, send: (frame) => this.#link.send(frame) });
    this.replica = new Replica({ ask: (name, params, onEnd) => this.#requests.query(name, params, onEnd) });
    this.#notices = new NoticeBox({
      ask: (params, onEnd) =>
        this.#requests.query('notices', params, (outcome) =>
          onEnd(outcome.kind === 'done' ? { kind: 'done', value: outcome.value.result } : outcome),
        ),
      changed: () => this.#listeners.tell('notices'),
    });
    this.#acks = new DeliveryAcks({
      clock,
      send: (messageIds) => void this.run('markNotices', { state: 'delivered', messageIds: [...messageIds] }),
    });
    this.#outbox = new Outbox({
      clock,
      send: (frame) => this.#link.send(frame),
      nextId: () => this.#requests.nextId(),
      newKey: options.newKey ?? (() => crypto.randomUUID()),
      store: options.store ?? new MemoryOutboxStore(),
      changed: () => this.#listeners.tell('outbox'),
    });
    this.#link = new Link({
      clock,
      openWire: options.openWire,
      identity: options.identity,
      handlers: {
        position: () => this.replica.position,
        noticeOffset: () => this.#notices.offset,
        onWelcome: (frame, isResume) => {
          this.#shown.welcomed(frame.protocol);
          this.#onWelcome(frame.user.id, isResume);
        },
        onFrame: (frame) => this.#onFrame(frame),
        onState: () => this.#listeners.tell('connection'),
      },
    });
  }

  /** Connects and stays connected until `close`, or until the server refuses; then `start` tries again. */
  start(): void {
    this.#link.connect();
  }

  /** Ends the connection, every question and every command. Safe twice. */
  close(): void {
    this.#link.close();
    this.#requests.close();
    this.#shown.close();
    this.#acks.forget();
    this.#outbox.close();
  }

  /** Calls `listener` after each change of the slice. */
  subscribe(slice: ClientSlice, listener: () => void): Cancel {
    if (slice === 'connection' || slice === 'outbox' || slice === 'notices')
      return this.#listeners.add(slice, listener);
    return this.replica.subscribe(slice, listener);
  }

  /** A visible screen has drawn the replica as it was at this place (`replica.position`). The server hears of it now and then. */
  drawn(upTo: Seq): void {
    this.#shown.drawn(upTo);
  }

  /** Slice `connection`. */
  connection(): Connection {
    return this.#link.state;
  }

  /** The user's notices, the number of unread ones, and those that wait for an answer. Slice `notices`. */
  notices(): NoticeBoxState {
    return this.#notices.state;
  }

  /** Asks for the notices again, after that failed. */
  reloadNotices(): void {
    this.#notices.refresh();
  }

  /** Has the next older page of the history loaded. */
  loadOlderNotices(): void {
    this.#notices.loadOlder();
  }

  /** Says that the user has read notices; `all` is everything sent so far. */
  readNotices(messageIds: readonly string[] | 'all'): Promise<Outcome<CommandResult<'markNotices'>>> {
    return this.run('markNotices', { state: 'read', messageIds: messageIds === 'all' ? 'all' : [...messageIds] });
  }

  /** Says that the user has confirmed a notice. */
  confirmNotice(messageId: string): Promise<Outcome<CommandResult<'markNotices'>>> {
    return this.run('markNotices', { state: 'confirmed', messageIds: [messageId] });
  }

  /** Replies that the log does not show yet, oldest first. Slice `outbox`. */
  pendingReplies(): readonly PendingReply[] {
    return this.#outbox.pending;
  }

  /** A person took the reply's text back, or has seen what became of it. */
  dismissReply(key: string): void {
    this.#outbox.dismiss(key);
  }

  /**
   * Sends a command under a fresh idempotency key and repeats it until the server has answered, over reconnects too.
   * Never rejects: a refusal is a value.
   */
  run<N extends CommandName>(name: N, params: CommandParams<N>): Promise<Outcome<CommandResult<N>>> {
    return this.#outbox.run(name, params);
  }

  /** Asks once; the answer is not kept in the replica. An aborted question ends as `gone`. */
  query<N extends QueryName>(
    name: N,
    params: QueryParams<N>,
    signal?: AbortSignal | undefined,
  ): Promise<Outcome<QueryResults[N]>> {
    return new Promise((resolve) => {
      if (signal?.aborted) {
        resolve({ kind: 'gone', why: 'aborted' });
        return;
      }
      const onAbort = (): void => {
        cancel();
        resolve({ kind: 'gone', why: 'aborted' });
      };
      const cancel = this.#requests.query(name, params, (outcome) => {
        signal?.removeEventListener('abort', onAbort);
        resolve(outcome.kind === 'done' ? { kind: 'done', value: outcome.value.result } : outcome);
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** The items behind a badge, newest first, with how many there are in all. */
  unreadItems(
    params: QueryParams<'unreadItems'>,
    signal?: AbortSignal | undefined,
  ): Promise<Outcome<QueryResults['unreadItems']>> {
    return this.query('unreadItems', params, signal);
  }

  /** Has the account's works or conversations loaded and kept up to date. */
  loadTopics(accountId: AccountId, kind: TopicKind): void {
    this.replica.loadTopics(accountId, kind);
  }

  /** Has the topic's newest items loaded and kept up to date until the returned function is called. */
  openTopic(ref: TopicRef): Cancel {
    this.replica.openTopic(ref);
    let isOpen = true;
    return () => {
      if (isOpen) this.replica.closeTopic(ref);
      isOpen = false;
    };
  }

  /** How often something unexpected was met and repaired, for a diagnosis. */
  faults(): Readonly<Record<'holeCount' | 'auditCount' | 'resetCount' | 'storageFaultCount', number>> {
    return {
      ...this.replica.faults,
      resetCount: this.#resetCount,
      storageFaultCount: this.#outbox.storageFaultCount,
    };
  }

  #onWelcome(userId: string, isResume: boolean): void {
    if (this.#userId !== userId) this.#dropNotices();
    this.#userId = userId;
    this.#requests.repeatAll();
    this.#notices.refresh();
    if (isResume) this.replica.catchUp();
    this.#outbox.onLive(userId);
  }

  #onFrame(frame: ClientDown): boolean {
    switch (frame.type) {
      case 'snapshot':
        this.replica.takeSnapshot(frame);
        this.#outbox.onPosition(frame.seq);
        this.#holesInARow = 0;
        return true;
      case 'changes':
        return this.#onChanges(frame);
      case 'answer':
        this.#requests.answer(frame.id, frame.asOf, frame.result);
        return true;
      case 'done':
        this.#outbox.onDone(frame.id, frame.result);
        return true;
      case 'refused':
        // Without an id the server could not read a frame of ours: a bug, and asking the same again would not help.
        if (frame.id !== undefined && !this.#requests.refuse(frame.id, frame.error))
          this.#outbox.onRefused(frame.id, frame.error);
        return true;
      case 'notices':
        this.#takeNotices(frame);
        return true;
      case 'reset':
        if (frame.reason === 'otherEpoch') {
          this.#dropNotices();
          this.#notices.refresh();
        }
        this.#resetCount += 1;
        this.replica.forget();
        return true;
      case 'welcome':
      case 'pong':
      case 'bye':
        return true;
      default:
        return unreachable(frame);
    }
  }

  /** Another user, or another history. */
  #dropNotices(): void {
    this.#notices.forget();
    this.#acks.forget();
  }

  /** Kept first, then acknowledged: a notice whose acknowledgement is lost comes again and is known by its id. */
  #takeNotices(frame: Extract<ClientDown, { type: 'notices' }>): void {
    this.#notices.take(frame);
    this.#acks.add(frame.notices.map(({ messageId }) => messageId));
  }

  /** A frame that leaves a hole is not applied. The first time the stream is resumed, after that it is begun anew. */
  #onChanges(frame: Extract<ClientDown, { type: 'changes' }>): boolean {
    if (this.replica.takeChanges(frame)) {
      this.#holesInARow = 0;
      this.#outbox.onPosition(this.replica.position?.seq ?? START);
      return true;
    }
    this.#holesInARow += 1;
    if (this.#holesInARow > 1) this.replica.forget();
    return false;
  }
}
