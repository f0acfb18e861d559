import type { Duplex } from 'node:stream';
import { assert } from '@hiscrm/shared/lib/must.ts';
import type { WebSocket } from 'ws';

/** More than this is not kept for company. */
const KEPT_LIMIT_BYTES = 16 * 1024;

/**
 * Writes prepared frames (`textFrame`) straight to the connection under a WebSocket. `ws.send` would build the same header
 * for each of ten thousand sockets and write it and the payload apart; the bytes are equal for all, so they are made once.
 *
 * Why the order is kept: without an extension, and as nobody here sends fragments or blobs, the library writes its own
 * frames (pong, close) to the same stream in the very call that sends them, so bytes stand in the order of calls.
 */
export class FrameWriter {
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  /** Emptied and used again: a new list would be long-lived garbage by the time it is written, and keep its frames alive. */
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;

  /** `stream` is the one that the upgrade handed over. */
  constructor(ws: WebSocket, stream: Duplex) {
    assert(ws.extensions === '', 'a compressed socket cannot take prepared frames');
    this.#ws = ws;
    this.#stream = stream;
  }

  /** Bytes that the system has not taken yet. */
  get bufferedBytes(): number {
    return this.#stream.writableLength + this.#keptBytes;
  }

  /** Queues one whole frame, behind what was kept; dropped once closing began, when no data frame may follow. */
  write(frame: Buffer): void {
    if (this.#keptBytes === 0) this.#put(frame);
    else {
      this.hold(); // the system takes them together; to join them would copy what is the same for thousands
      this.#putKept();
      this.#put(frame);
      this.release();
    }
  }

  /** Queues a frame that goes out with the next one, or with `flush`: a call to the system costs more than what it writes. */
  keep(frame: Buffer): void {
    this.#kept.push(frame);
    this.#keptBytes += frame.length;
    if (this.#keptBytes > KEPT_LIMIT_BYTES) this.flush();
  }

  /** Writes what was kept. */
  flush(): void {
    if (this.#keptBytes === 0) return;
    this.hold();
    this.#putKept();
    this.release();
  }

  #putKept(): void {
    this.#keptBytes = 0;
    for (const frame of this.#kept) this.#put(frame);
    this.#kept.length = 0;
  }

  #put(frame: Buffer): void {
    const { readyState, OPEN } = this.#ws;
    if (readyState === OPEN) this.#stream.write(frame);
  }

  /** What is written until `release` goes out in one call to the system. Calls may nest. */
  hold(): void {
    this.#stream.cork();
  }

  release(): void {
    this.#stream.uncork();
  }

  /** Resolves when everything queued was taken by the system, or the connection is gone. */
  drained(): Promise<void> {
    if (this.#stream.writableLength === 0 || this.#stream.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = (): void => {
        this.#stream.off('drain', settle);
        this.#stream.off('close', settle);
        resolve();
      };
      this.#stream.on('drain', settle);
      this.#stream.on('close', settle);
    });
  }
}
