/**
 * Notice clients by the thousand in one process, on plain TCP sockets: the contract's endpoint without a subprotocol. Each
 * remembers the offset that it has and acknowledges it, once for everything that came up to then; after a reconnect it says
 * where to go on. Offsets must rise: a notice that comes twice, or out of order, is a fault, on whichever connection.
 */
import { connect, type Socket } from 'node:net';
import { ACK_AT_ONCE_COUNT, ACK_LATEST_MS, ACK_QUIET_MS } from '@hiscrm/client/notices/delivery-acks.ts';
import { CLIENT_PATH } from '@hiscrm/shared/protocol/client-link.ts';
import type { Subscribers } from './swarm.ts';
import { clientTextFrame, upgradeRequest } from './ws-bytes.ts';

/** Frames of the benches' notices begin with this, so that reading one needs no JSON. */
const HEAD = '{"type":"system_notice","messageId":"n';
const DIGITS = 6;
const OFFSET_AT = HEAD.length + DIGITS + '","offset":'.length;
const ZERO = 0x30;
const NINE = 0x39;
/** The letter that tells the types apart: `{"type":"` stands in front of it. */
const LETTER_AT = 9;
const NOTICE = 's'.charCodeAt(0);
const ACK_RESULT = 'a'.charCodeAt(0);
const CONNECTED = 'c'.charCodeAt(0);
const ERROR = 'e'.charCodeAt(0);
const BYE = 'b'.charCodeAt(0);

const OPCODE_MASK = 0x0f;
const TEXT = 1;
const PING = 9;
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
const HEAD_END = Buffer.from('\r\n\r\n');
/** One read takes at most this; all sockets share the buffer, as each read is used up before the next. */
const READ_BYTES = 256 * 1024;
/** How often the pace of connecting is looked at. */
const PACE_MS = 5;

/** The id of notice `n`. */
export const noticeId = (n: number): string => `n${String(n).padStart(DIGITS, '0')}`;

/** In company: as our own client does, when it is quiet, when enough wait, and never too late. */
export type Acknowledging = 'at once' | 'never' | 'in company';

export type SwarmUser = { readonly token: string };

export class NoticeSwarm implements Subscribers {
  readonly shared = Buffer.alloc(READ_BYTES);
  readonly #port: () => number;
  readonly #users: readonly SwarmUser[];
  readonly #members: (Member | undefined)[];
  /** Clients that have something to acknowledge: when the first and when the newest of it came. */
  #due: number[] = [];
  readonly #dueCounts: Uint32Array;
  readonly #firstAt: Float64Array;
  readonly #newestAt: Float64Array;
  #timer: NodeJS.Timeout | undefined;
  /** Per user, over all of its connections. */
  readonly offsets: Float64Array;
  readonly receivedCounts: Uint32Array;
  /** Hears of every notice: its number, and whose it is. */
  onDelivery: Subscribers['onDelivery'] = () => undefined;
  /** When a client acknowledges what it has. */
  acks: Acknowledging = 'at once';
  receivedCount = 0;
  ackResultCount = 0;
  /** Doubled or out of order, or an error frame. */
  faultCount = 0;
  firstFault = '';
  /** Closed by the server, or never opened. */
  closedCount = 0;

  /** `port` is asked at every connect: a Master that was restarted may have another one. */
  constructor(options: { readonly port: () => number; readonly users: readonly SwarmUser[] }) {
    this.#port = options.port;
    this.#users = options.users;
    this.#members = options.users.map(() => undefined);
    this.#dueCounts = new Uint32Array(options.users.length);
    this.#firstAt = new Float64Array(options.users.length);
    this.#newestAt = new Float64Array(options.users.length);
    this.offsets = new Float64Array(options.users.length);
    this.receivedCounts = new Uint32Array(options.users.length);
  }

  get size(): number {
    return this.#users.length;
  }

  /** Connects the users from `first` on, `perSecond` of them a second whether or not the earlier ones are through. Gives the times (ms). */
  async connect(first: number, count: number, perSecond: number): Promise<Float64Array> {
    const took = new Float64Array(count);
    const startedAt = performance.now();
    const opened: Promise<void>[] = [];
    const open = (at: number): void => {
      const from = performance.now();
      const note = (): void => {
        took[at] = performance.now() - from;
      };
      opened.push(this.#open(first + at).then(note));
    };
    await new Promise<void>((resolve) => {
      const step = (): void => {
        const due = Math.min(count, Math.ceil(((performance.now() - startedAt) * perSecond) / 1_000));
        while (opened.length < due) open(opened.length);
        if (opened.length < count) setTimeout(step, PACE_MS);
        else resolve();
      };
      step();
    });
    await Promise.all(opened);
    return took;
  }

  /** Cuts every connection, without a goodbye. What each client has stays known. */
  dropAll(): void {
    this.#members.forEach((member, index) => {
      member?.close();
      this.#members[index] = undefined;
    });
  }

  sendAll(bytes: Buffer): void {
    for (const member of this.#members) member?.socket.write(bytes);
  }

  close(): void {
    clearInterval(this.#timer);
    this.dropAll();
  }

  /** So many notices came for a client. */
  noteArrival(index: number, count: number): void {
    if (this.acks === 'never') return;
    if (this.acks === 'at once') {
      this.#members[index]?.acknowledge();
      return;
    }
    const now = performance.now();
    this.#newestAt[index] = now;
    this.#dueCounts[index] = (this.#dueCounts[index] ?? 0) + count;
    if (this.#firstAt[index] !== 0) return;
    this.#firstAt[index] = now;
    this.#due.push(index);
    this.#timer ??= setInterval(() => this.#acknowledgeDue(), PACE_MS);
  }

  #acknowledgeDue(): void {
    const now = performance.now();
    this.#due = this.#due.filter((index) => {
      const isQuiet = now - (this.#newestAt[index] ?? 0) >= ACK_QUIET_MS;
      const isLate = now - (this.#firstAt[index] ?? 0) >= ACK_LATEST_MS;
      if (!isQuiet && !isLate && (this.#dueCounts[index] ?? 0) < ACK_AT_ONCE_COUNT) return true;
      this.#firstAt[index] = 0;
      this.#dueCounts[index] = 0;
      this.#members[index]?.acknowledge();
      return false;
    });
  }

  fault(text: string): void {
    this.faultCount += 1;
    this.firstFault ||= text;
  }

  async #open(index: number): Promise<void> {
    const user = this.#users[index];
    if (!user) return;
    const member = new Member(this, index, this.#port(), user.token);
    this.#members[index] = member;
    await member.connected;
  }
}

class Member {
  readonly socket: Socket;
  readonly connected: Promise<void>;
  readonly #swarm: NoticeSwarm;
  readonly #index: number;
  #resolve: () => void = () => undefined;
  #rest: Buffer | undefined;
  #isOpen = false;
  #isClosing = false;

  constructor(swarm: NoticeSwarm, index: number, port: number, token: string) {
    this.#swarm = swarm;
    this.#index = index;
    let reject: (error: Error) => void = () => undefined;
    this.connected = new Promise((resolve, refuse) => {
      this.#resolve = resolve;
      reject = refuse;
    });
    this.socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer: swarm.shared,
        callback: (length, buffer) => {
          this.#onBytes(Buffer.from(buffer.buffer, buffer.byteOffset, length));
          return true;
        },
      },
    });
    this.socket.on('connect', () =>
      this.socket.write(upgradeRequest(CLIENT_PATH, { authorization: `Bearer ${token}` })),
    );
    this.socket.on('error', reject);
    this.socket.on('close', () => {
      if (!this.#isClosing) swarm.closedCount += 1;
      reject(new Error(`the server closed client ${index}: ${this.#rest?.toString('latin1').slice(0, 300) ?? ''}`));
    });
  }

  close(): void {
    this.#isClosing = true;
    this.socket.destroy();
  }

  #onBytes(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    const before = this.#swarm.receivedCounts[this.#index] ?? 0;
    const end = this.#isOpen ? this.#readFrames(bytes, 0) : this.#readHead(bytes);
    this.#rest = end < bytes.length ? Buffer.from(bytes.subarray(end)) : undefined;
    const after = this.#swarm.receivedCounts[this.#index] ?? 0;
    if (after > before) this.#swarm.noteArrival(this.#index, after - before);
  }

  acknowledge(): void {
    this.socket.write(ackFrame(this.#swarm.offsets[this.#index] ?? 0));
  }

  #readHead(bytes: Buffer): number {
    const at = bytes.indexOf(HEAD_END);
    if (at === -1) return 0;
    this.#isOpen = true;
    return this.#readFrames(bytes, at + HEAD_END.length);
  }

  /** Takes whole frames from `from` on; gives where the first one begins that is not whole. */
  #readFrames(bytes: Buffer, from: number): number {
    let at = from;
    for (;;) {
      if (at + 2 > bytes.length) return at;
      const short = (bytes[at + 1] ?? 0) & 0x7f;
      const headerBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (at + headerBytes > bytes.length) return at;
      const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6);
      const start = at + headerBytes;
      if (start + length > bytes.length) return at;
      const opcode = (bytes[at] ?? 0) & OPCODE_MASK;
      if (opcode === TEXT) this.#onText(bytes, start, length);
      else if (opcode === PING) this.socket.write(PONG);
      at = start + length;
    }
  }

  #onText(bytes: Buffer, start: number, length: number): void {
    const letter = bytes[start + LETTER_AT];
    const swarm = this.#swarm;
    if (letter === NOTICE) this.#onNotice(bytes, start);
    else if (letter === ACK_RESULT) swarm.ackResultCount += 1;
    else if (letter === CONNECTED) {
      const offset = swarm.offsets[this.#index] ?? 0;
      this.socket.write(clientTextFrame(`{"type":"resume","offset":${offset}}`));
      this.#resolve();
    } else if (letter === ERROR || letter === BYE) {
      swarm.fault(`client ${this.#index} was told ${bytes.toString('utf8', start, start + length)}`);
    }
  }

  #onNotice(bytes: Buffer, start: number): void {
    const swarm = this.#swarm;
    const at = start + HEAD.length;
    let n = 0;
    for (let index = at; index < at + DIGITS; index++) n = n * 10 + (bytes[index] ?? ZERO) - ZERO;
    let offset = 0;
    for (let index = start + OFFSET_AT; ; index++) {
      const digit = bytes[index] ?? 0;
      if (digit < ZERO || digit > NINE) break;
      offset = offset * 10 + digit - ZERO;
    }
    const known = swarm.offsets[this.#index] ?? 0;
    if (offset <= known) swarm.fault(`client ${this.#index} got notice ${n} at ${offset}, and has ${known}`);
    swarm.offsets[this.#index] = offset;
    swarm.receivedCounts[this.#index] = (swarm.receivedCounts[this.#index] ?? 0) + 1;
    swarm.receivedCount += 1;
    swarm.onDelivery(n, this.#index);
  }
}

let lastAck: { readonly offset: number; readonly frame: Buffer } = { offset: -1, frame: PONG };

/** Thousands acknowledge the same offset one after the other. */
function ackFrame(offset: number): Buffer {
  if (lastAck.offset !== offset) lastAck = { offset, frame: clientTextFrame(`{"type":"ack","uptoOffset":${offset}}`) };
  return lastAck.frame;
}
