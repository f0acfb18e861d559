import type { Duplex } from 'node:stream';
import { assert } from '@hiscrm/shared/lib/must.ts';
import type { WebSocket } from 'ws';

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

  /** `stream` is the one that the upgrade handed over. */
  constructor(ws: WebSocket, stream: Duplex) {
    assert(ws.extensions === '', 'a compressed socket cannot take prepared frames');
    this.#ws = ws;
    this.#stream = stream;
  }

  /** Bytes that the system has not taken yet. */
  get bufferedBytes(): number {
    return this.#stream.writableLength;
  }

  /** Queues one whole frame; dropped once closing began, when no data frame may follow. */
  write(frame: Buffer): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#stream.write(frame);
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
