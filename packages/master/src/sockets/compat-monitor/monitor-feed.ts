import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { Publication } from '../../ingest/committer.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import type { PreparedPacket } from '../compat/prepared-packet.ts';
import { statusUpdateOf } from '../compat/status-update-of.ts';
import { type Dirty, DirtyBoard } from './dirty-board.ts';
import { HintBoard } from './hint-board.ts';
import type { MonitorConnection } from './monitor-connection.ts';
import { MONITOR_EVENT } from './monitor-event.ts';
import type { MonitorPages, Page } from './monitor-pages.ts';
import { failureOf } from './sending-of.ts';

/**
 * What happens within so long after a burst was sent goes with the next one. A burst costs each client a write, so it is the
 * longer the more there are: this much for each, within bounds. A client waits a second before it acts on a hint anyway.
 */
const BURST_MS_PER_CLIENT = 2.5;
const BURST_LEAST_MS = 50;
const BURST_MOST_MS = 500;
/**
 * The list of channels makes every client ask for the topics of every channel, and hints and topics carry the red dots
 * already, so it goes out the less often the longer it is: this long for each channel, within bounds.
 */
const LIST_PERIOD_MS_PER_CHANNEL = 60;
const LIST_PERIOD_LEAST_MS = 250;
const LIST_PERIOD_MOST_MS = 3_000;

/** How long the bursts are with so many clients. */
export const burstMsFor = (clientCount: number): number =>
  Math.min(BURST_MOST_MS, Math.max(BURST_LEAST_MS, clientCount * BURST_MS_PER_CLIENT));

type Announcement = { readonly accountId: AccountId; readonly event: string; readonly payload: unknown };

/** Turns rows of the log into the events that existing clients know; each is encoded once and goes to those concerned. */
export class MonitorFeed {
  readonly #store: StoreReader;
  readonly #clock: Clock;
  readonly #pages: MonitorPages;
  readonly #connections: () => Iterable<MonitorConnection>;
  readonly #dirty: DirtyBoard;
  readonly #hints: HintBoard;
  #announcements: Announcement[] = [];
  #turn: NodeJS.Immediate | undefined;
  #cancelBurst: Cancel | undefined;
  #cancelList: Cancel | undefined;
  #flushedAt = 0;
  #burstMs = BURST_LEAST_MS;
  #listSentAt = 0;
  #sentPacketCount = 0;
  #sentBytes = 0;
  #isClosed = false;

  constructor(options: {
    readonly store: StoreReader;
    readonly clock: Clock;
    readonly pages: MonitorPages;
    readonly connections: () => Iterable<MonitorConnection>;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#pages = options.pages;
    this.#connections = options.connections;
    this.#dirty = new DirtyBoard(options.store);
    this.#hints = new HintBoard(options.store);
  }

  figures(): { readonly sentPacketCount: number; readonly sentBytes: number } {
    return { sentPacketCount: this.#sentPacketCount, sentBytes: this.#sentBytes };
  }

  /** Notes rows that the store has folded in. */
  note({ rows }: Publication): void {
    const now = this.#clock.now();
    for (const row of rows) {
      this.#dirty.note(row);
      this.#hints.note(row, now);
      if (row.change.kind === 'reply.sent') {
        const reply = this.#store.reply(row.change.replyId);
        if (reply?.state.kind === 'sent') this.#pages.echoes.add(reply, now);
      }
    }
    this.#schedule();
  }

  /** Goes to everybody who sees the account, ahead of the lists of the same burst. */
  announce(accountId: AccountId, event: string, payload: unknown): void {
    this.#announcements.push({ accountId, event, payload });
    this.#schedule();
  }

  /** Sends what has changed. */
  flush(): void {
    this.#cancelTimers();
    if (this.#isClosed) return;
    this.#flushedAt = this.#clock.now();
    const held = [...this.#connections()]; // one of them may be cut meanwhile
    this.#burstMs = burstMsFor(held.length);
    for (const connection of held) connection.hold();
    try {
      this.#sendBurst();
    } finally {
      for (const connection of held) connection.release();
    }
  }

  #sendBurst(): void {
    const dirty = this.#dirty.take();
    const hints = this.#hints.take(this.#flushedAt);
    for (const { accountId, payload } of hints) this.#tell(accountId, MONITOR_EVENT.hint, payload);
    this.#sendStatuses(dirty);
    const announcements = this.#announcements;
    this.#announcements = [];
    for (const { accountId, event, payload } of announcements) this.#tell(accountId, event, payload);
    if (dirty.isListUrgent) this.#sendLists();
    else if (dirty.isListStale && hints.length > 0) this.#sendListsSoon();
    for (const accountId of dirty.topics) this.#sendTopics(accountId);
    this.#sendMessages(dirty);
    this.#sendReplies(dirty);
    if (dirty.isListStale && !dirty.isListUrgent && hints.length === 0) this.#sendListsSoon();
  }

  /** The connection is gone. */
  forget(connection: MonitorConnection): void {
    for (const { sight } of this.#connections()) if (sight.key === connection.sight.key) return;
    this.#pages.forgetSight(connection.sight.key);
  }

  /** Sends nothing more. Safe twice. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTimers();
    this.#cancelList?.();
  }

  #schedule(): void {
    if (this.#isClosed || this.#turn || this.#cancelBurst) return;
    const waitMs = this.#flushedAt + this.#burstMs - this.#clock.now();
    // A first change goes out in this turn, with everything else of the turn.
    if (waitMs <= 0) this.#turn = setImmediate(() => this.flush());
    else this.#cancelBurst = this.#clock.after(Math.min(waitMs, this.#burstMs), () => this.flush());
  }

  #cancelTimers(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#cancelBurst?.();
    this.#cancelBurst = undefined;
  }

  #sendListsSoon(): void {
    if (this.#cancelList) return;
    const perChannel = this.#store.accounts().length * LIST_PERIOD_MS_PER_CHANNEL;
    const periodMs = Math.min(LIST_PERIOD_MOST_MS, Math.max(LIST_PERIOD_LEAST_MS, perChannel));
    const waitMs = this.#listSentAt + periodMs - this.#clock.now();
    if (waitMs <= 0) this.#sendLists();
    else this.#cancelList = this.#clock.after(Math.min(waitMs, periodMs), () => this.#sendLists());
  }

  #sendLists(): void {
    this.#cancelList?.();
    this.#cancelList = undefined;
    this.#listSentAt = this.#clock.now();
    for (const connection of this.#connections()) {
      if (!connection.isActive) continue;
      const page = this.#pages.channels(connection.sight);
      if (connection.lacksList(page)) this.#count(page.packet, connection.sendList(page));
    }
  }

  #sendTopics(accountId: AccountId): void {
    const isGone = !this.#store.account(accountId);
    let page: Page | undefined;
    for (const connection of this.#connections()) {
      if (isGone) connection.forgetTopics(accountId);
      if (!connection.hasAsked(accountId)) continue;
      page ??= this.#pages.topics(accountId);
      if (connection.lacksTopics(accountId, page)) this.#count(page.packet, connection.sendTopics(accountId, page));
    }
  }

  #sendMessages({ messages }: Dirty): void {
    for (const [key, topic] of messages) {
      let packet: PreparedPacket | undefined;
      for (const connection of this.#connections()) {
        if (!connection.hasOpen(key)) continue;
        packet ??= this.#pages.messages(topic, this.#flushedAt);
        this.#send(connection, packet);
      }
    }
  }

  #sendReplies({ queues, settled }: Dirty): void {
    for (const topic of queues.values()) this.#sendToReaders(topic.accountId, this.#pages.sendingQueue(topic));
    for (const reply of settled.values()) {
      const failure = failureOf(reply);
      if (failure) this.#tell(reply.accountId, MONITOR_EVENT.messageStatus, failure);
    }
  }

  /** The client sets its badge to nothing on this event: the list with the badges follows in the same burst. */
  #sendStatuses({ statuses }: Dirty): void {
    if (statuses.size > 0) for (const connection of this.#connections()) connection.spoilList();
    for (const accountId of statuses) {
      const record = this.#store.account(accountId);
      const summary = this.#store.accountSummary(accountId);
      if (!record || !summary) continue;
      this.#tell(accountId, MONITOR_EVENT.statusUpdate, statusUpdateOf({ record, summary }, this.#flushedAt));
    }
  }

  #tell(accountId: AccountId, event: string, payload: unknown): void {
    this.#sendToReaders(accountId, this.#pages.packet(event, payload));
  }

  #sendToReaders(accountId: AccountId, packet: PreparedPacket): void {
    for (const connection of this.#connections()) {
      if (connection.isActive && connection.sight.seesAccount(accountId)) this.#send(connection, packet);
    }
  }

  #send(connection: MonitorConnection, packet: PreparedPacket): void {
    this.#count(packet, connection.send(packet));
  }

  #count(packet: PreparedPacket, isSent: boolean): void {
    if (!isSent) return;
    this.#sentPacketCount++;
    this.#sentBytes += packet.frame.length;
  }
}
