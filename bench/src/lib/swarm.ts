/**
 * Many subscribers in one process, on plain TCP sockets. It knows no protocol: each connection sends the given bytes, waits
 * for the given text, and so on; then it looks for markers `~n000123~` in whatever arrives. Every marker is counted and held
 * against the one before it on its connection, so a delivery that is lost, doubled or out of order is seen for any peer.
 */
import { connect, type Socket } from 'node:net';
import { within } from '@hiscrm/e2e/harness/until.ts';
import { deferred } from '@hiscrm/shared/lib/deferred.ts';

/** Sends `send`, then waits until `until` was seen. */
export type Step = { readonly send: Buffer; readonly until: string };

const MARK = Buffer.from('~n');
const DIGITS = 6;
const MARK_BYTES = MARK.length + DIGITS + 1;
const ZERO = 0x30;
/** Connections opened at the same time: enough to keep the server busy, few enough for its queue. */
const OPENING_COUNT = 64;
const OPEN_DEADLINE_MS = 120_000;
/** One read takes at most this; all sockets share the buffer, as each read is used up before the next. */
const READ_BYTES = 256 * 1024;
const HANDSHAKE_TEXT_LIMIT_CHARS = 16 * 1024;

/** The text to publish as number `n`. */
export const marker = (n: number): string => `~n${String(n).padStart(DIGITS, '0')}~`;

/** Many subscribers, whatever they speak. */
export interface Subscribers {
  readonly size: number;
  /** Called for every delivery with the message's number and the subscriber's. */
  onDelivery: (n: number, index: number) => void;
  /** Lost, doubled, out of order, or an error. */
  readonly faultCount: number;
  readonly closedCount: number;
  /** Sends the same bytes on every connection: heartbeats. */
  sendAll(bytes: Buffer): void;
  close(): void;
}

export class Swarm implements Subscribers {
  readonly #members: Member[] = [];
  readonly #shared = Buffer.alloc(READ_BYTES);
  onDelivery: Subscribers['onDelivery'] = () => undefined;
  /** What a subscriber answers to the messages `first` to `last`, which one read brought. */
  answer: ((first: number, last: number) => Buffer) | undefined;
  faultCount = 0;
  closedCount = 0;

  /** Opens `count` subscribers. Resolves when each has gone through its steps. */
  async open(port: number, count: number, stepsOf: () => readonly Step[]): Promise<void> {
    let left = count;
    const openNext = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const member = new Member({
          swarm: this,
          index: this.#members.length,
          port,
          steps: stepsOf(),
          shared: this.#shared,
        });
        this.#members.push(member);
        await member.ready;
      }
    };
    const all = Promise.all(Array.from({ length: OPENING_COUNT }, openNext));
    await within(OPEN_DEADLINE_MS, `${count} subscribers`, all);
  }

  get size(): number {
    return this.#members.length;
  }

  sendAll(bytes: Buffer): void {
    for (const member of this.#members) member.socket.write(bytes);
  }

  close(): void {
    for (const member of this.#members) member.close();
    this.#members.length = 0;
  }
}

class Member {
  readonly socket: Socket;
  readonly #swarm: Swarm;
  readonly #index: number;
  readonly #steps: readonly Step[];
  readonly #ready = deferred<void>();
  #step = 0;
  #text = '';
  #tail: Buffer | undefined;
  #last = 0;
  #isClosing = false;

  constructor(options: {
    readonly swarm: Swarm;
    readonly index: number;
    readonly port: number;
    readonly steps: readonly Step[];
    readonly shared: Buffer<ArrayBuffer>;
  }) {
    const { swarm, port, steps, shared } = options;
    this.#index = options.index;
    this.#swarm = swarm;
    this.#steps = steps;
    this.socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (length, buffer) => {
          this.#onBytes(Buffer.from(buffer.buffer, buffer.byteOffset, length));
          return true;
        },
      },
    });
    this.socket.on('connect', () => this.#sendStep());
    this.socket.on('error', (error) => this.#ready.reject(error));
    this.socket.on('close', () => {
      if (!this.#isClosing) swarm.closedCount += 1;
      this.#ready.reject(
        new Error(`the server closed a subscriber in step ${this.#step}: ${this.#text.slice(0, 300)}`),
      );
    });
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  close(): void {
    this.#isClosing = true;
    this.socket.destroy();
  }

  #sendStep(): void {
    const step = this.#steps[this.#step];
    if (step) this.socket.write(step.send);
    else this.#ready.resolve();
  }

  #onBytes(bytes: Buffer): void {
    if (this.#step >= this.#steps.length) {
      const before = this.#last;
      this.#scan(this.#tail ? Buffer.concat([this.#tail, bytes]) : bytes);
      const { answer } = this.#swarm;
      if (answer && this.#last > before) this.socket.write(answer(before + 1, this.#last));
      return;
    }
    this.#text = (this.#text + bytes.toString('latin1')).slice(-HANDSHAKE_TEXT_LIMIT_CHARS);
    const step = this.#steps[this.#step];
    if (step && this.#text.includes(step.until)) {
      this.#text = '';
      this.#step += 1;
      this.#sendStep();
    }
  }

  #scan(bytes: Buffer): void {
    let from = 0;
    for (;;) {
      const at = bytes.indexOf(MARK, from);
      if (at === -1) {
        // The last byte may be the first one of a marker.
        this.#tail = bytes[bytes.length - 1] === MARK[0] ? Buffer.from(bytes.subarray(-1)) : undefined;
        return;
      }
      if (at + MARK_BYTES > bytes.length) {
        this.#tail = Buffer.from(bytes.subarray(at));
        return;
      }
      let n = 0;
      for (let index = at + MARK.length; index < at + MARK_BYTES - 1; index++)
        n = n * 10 + (bytes[index] ?? ZERO) - ZERO;
      if (n !== this.#last + 1) this.#swarm.faultCount += 1;
      this.#last = n;
      this.#swarm.onDelivery(n, this.#index);
      from = at + MARK_BYTES;
    }
  }
}
