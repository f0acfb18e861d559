import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@hiscrm/client/client.ts';
import { CLIENT_PATH } from '@hiscrm/shared/protocol/client-link.ts';
import { NOTICE_SERVER_TYPES } from '@hiscrm/shared/protocol/notice-link.ts';
import { WebSocket } from 'ws';
import type { Random } from '../harness/random.ts';

/** What a user was told about a mark: the server has it durable. */
export type Marks = { readonly read: Set<string>; readonly confirmed: Set<string> };

/** One user in front of a screen, whatever client draws it. */
export interface NoticeScreen {
  readonly userId: string;
  /** How often each notice was put on the screen. */
  shownCounts(): ReadonlyMap<string, number>;
  /** The badge. */
  unreadCount(): number;
  readonly marks: Marks;
  readonly faults: readonly string[];
  /** The user reads or confirms something, or is cut off. */
  act(random: Random): void;
  /** Resolves when nothing that the user did is without an answer. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** The Master is just being started again: many knocks would only make that slower. */
const RETRY_MS = 150;
const newMarks = (): Marks => ({ read: new Set(), confirmed: new Set() });

/** A user with our own client library. */
export class LibraryScreen implements NoticeScreen {
  readonly userId: string;
  readonly marks = newMarks();
  readonly faults: string[] = [];
  readonly #client: Client;
  readonly #running = new Set<Promise<void>>();

  constructor(userId: string, client: Client) {
    this.userId = userId;
    this.#client = client;
  }

  shownCounts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { notice } of this.#client.notices().list) {
      counts.set(notice.messageId, (counts.get(notice.messageId) ?? 0) + 1);
    }
    return counts;
  }

  unreadCount(): number {
    return this.#client.notices().unreadCount;
  }

  act(random: Random): void {
    const { list } = this.#client.notices();
    if (list.length === 0) return;
    const some = [random.pick(list), random.pick(list)].map(({ notice }) => notice.messageId);
    const [first = ''] = some;
    const isConfirm = random.chance(0.3);
    const running = (isConfirm ? this.#client.confirmNotice(first) : this.#client.readNotices(some)).then((outcome) => {
      if (outcome.kind !== 'done') return;
      for (const messageId of isConfirm ? [first] : some) this.marks[isConfirm ? 'confirmed' : 'read'].add(messageId);
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}

type Frame = {
  readonly type: string;
  readonly messageId?: string;
  readonly offset?: number;
  readonly messageIds?: readonly string[];
  readonly state?: string;
  readonly count?: number;
};

/**
 * A user with a client of the contract's endpoint, as a program outside would write it: shows a notice whose id it has not
 * shown yet, acknowledges after that, and says after each connect up to where it has everything.
 */
export class PlainScreen implements NoticeScreen {
  readonly userId: string;
  readonly marks = newMarks();
  readonly faults: string[] = [];
  /** Notices that came again and were known by their id. */
  repeatedCount = 0;
  connectCount = 0;
  readonly #urlOf: () => string;
  readonly #shown = new Map<string, number>();
  readonly #stop = new AbortController();
  /** Reads and confirms without an answer; said again after a reconnect. */
  readonly #open = new Map<string, 'read' | 'confirmed'>();
  #socket: WebSocket | undefined;
  #offset = 0;
  #unreadCount = 0;
  readonly #running: Promise<void>;

  constructor(userId: string, urlOf: () => string) {
    this.userId = userId;
    this.#urlOf = urlOf;
    this.#running = this.#run();
  }

  shownCounts(): ReadonlyMap<string, number> {
    return this.#shown;
  }

  unreadCount(): number {
    return this.#unreadCount;
  }

  act(random: Random): void {
    if (random.chance(0.1)) {
      this.#socket?.terminate();
      return;
    }
    if (this.#shown.size === 0) return;
    const messageId = random.pick([...this.#shown.keys()]);
    const state = random.chance(0.3) ? 'confirmed' : 'read';
    this.#open.set(messageId, state);
    this.#mark(messageId, state);
  }

  async settled(): Promise<void> {
    while (this.#open.size > 0 && !this.#stop.signal.aborted) await pause(RETRY_MS);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#socket?.terminate();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#connect();
      await pause(RETRY_MS);
    }
  }

  /** Resolves when the connection has ended. */
  #connect(): Promise<void> {
    const socket = new WebSocket(this.#urlOf());
    this.#socket = socket;
    this.connectCount += 1;
    let lastOffset = this.#offset;
    socket.on('message', (data) => {
      const frame: Frame = JSON.parse(String(data));
      if (frame.offset === undefined || frame.messageId === undefined) {
        this.#onServerFrame(frame);
        return;
      }
      if (frame.offset <= lastOffset) this.faults.push(`offset ${frame.offset} after ${lastOffset} on one connection`);
      lastOffset = frame.offset;
      this.#show(frame.messageId);
      this.#offset = Math.max(this.#offset, frame.offset);
      this.#say({ type: 'ack', uptoOffset: frame.offset });
    });
    socket.on('error', () => socket.terminate()); // the Master is away: that is what this is for
    return new Promise((resolve) => socket.once('close', () => resolve()));
  }

  #onServerFrame(frame: Frame): void {
    if (!(NOTICE_SERVER_TYPES as readonly string[]).includes(frame.type)) {
      this.faults.push(`neither a notice nor a frame of the server: ${JSON.stringify(frame)}`);
    }
    if (frame.type === 'connected') {
      this.#say({ type: 'resume', offset: this.#offset });
      for (const [messageId, state] of this.#open) this.#mark(messageId, state);
    }
    if (frame.type === 'unread') this.#unreadCount = frame.count ?? 0;
    if (frame.type === 'error') this.faults.push(`was told ${JSON.stringify(frame)}`);
    if (frame.type === 'ack_result' && (frame.state === 'read' || frame.state === 'confirmed')) {
      for (const messageId of frame.messageIds ?? []) {
        this.marks[frame.state].add(messageId);
        if (this.#open.get(messageId) === frame.state) this.#open.delete(messageId);
      }
    }
  }

  #show(messageId: string): void {
    if (this.#shown.has(messageId)) this.repeatedCount += 1;
    else this.#shown.set(messageId, 1);
  }

  #mark(messageId: string, state: 'read' | 'confirmed'): void {
    this.#say(state === 'confirmed' ? { type: 'confirm', messageId } : { type: 'read', messageIds: [messageId] });
  }

  #say(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }
}

/** The notice endpoint's address for a token. */
export const noticeUrl = (baseUrl: string, token: string): string =>
  `${baseUrl.replace('http', 'ws')}${CLIENT_PATH}?token=${encodeURIComponent(token)}`;
