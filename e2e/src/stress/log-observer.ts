import { setTimeout as pause } from 'node:timers/promises';
import { applyChange } from '@hiscrm/shared/model/apply-change.ts';
import type { Epoch, Seq } from '@hiscrm/shared/model/ids.ts';
import { START } from '@hiscrm/shared/model/ids.ts';
import { MemoryView } from '@hiscrm/shared/model/memory-view.ts';
import { CLIENT_SUBPROTOCOL, type ClientDown, clientDownSchema } from '@hiscrm/shared/protocol/client-link.ts';
import { textParserOf } from '@hiscrm/shared/protocol/validate.ts';
import { CLIENT_PROTOCOL } from '@hiscrm/shared/protocol/version.ts';
import { WebSocket } from 'ws';

const parseDown = textParserOf(clientDownSchema);
const RETRY_MS = 20;

/**
 * Reads the whole log over the client protocol from its first row, as an administrator, and folds it: the yardstick that is
 * built from nothing but rows. It resumes after each cut from the last row it has and notes every row that is missing,
 * doubled or out of order.
 */
export class LogObserver {
  readonly view = new MemoryView();
  readonly faults: string[] = [];
  readonly resets: string[] = [];
  rowCount = 0;
  resumeCount = 0;
  readonly #urlOf: () => string;
  readonly #stop = new AbortController();
  #epoch: Epoch | undefined;
  #seq: Seq = START;
  #socket: WebSocket | undefined;
  #running: Promise<void> | undefined;

  constructor(urlOf: () => string) {
    this.#urlOf = urlOf;
  }

  get seq(): Seq {
    return this.#seq;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the connection where it stands; it comes back by itself. */
  cut(): void {
    this.#socket?.terminate();
  }

  /** Safe twice. */
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

  #connect(): Promise<void> {
    return new Promise((resolve) => {
      const socket = new WebSocket(this.#urlOf(), CLIENT_SUBPROTOCOL);
      this.#socket = socket;
      socket.on('open', () => socket.send(JSON.stringify(this.#hello())));
      socket.on('message', (data) => this.#onText(socket, String(data)));
      socket.on('error', () => socket.terminate()); // the Master is away, or this side was cut
      socket.on('close', () => resolve());
      this.#stop.signal.addEventListener('abort', () => socket.terminate(), { once: true });
    });
  }

  #hello(): object {
    if (this.#epoch !== undefined) this.resumeCount += 1;
    return {
      type: 'hello',
      protocol: CLIENT_PROTOCOL,
      client: { name: 'log-observer', version: '0.0.0' },
      ...(this.#epoch !== undefined && { resume: { epoch: this.#epoch, seq: this.#seq } }),
    };
  }

  #onText(socket: WebSocket, text: string): void {
    const parsed = parseDown(text);
    if (!parsed.ok) {
      this.faults.push(`a frame that is none: ${parsed.reason}`);
      return;
    }
    this.#onFrame(socket, parsed.value);
  }

  #onFrame(socket: WebSocket, frame: ClientDown): void {
    switch (frame.type) {
      case 'welcome':
        if (this.#epoch === undefined) {
          // The epoch is all that was wanted; the next hello resumes before the first row.
          this.#epoch = frame.epoch;
          socket.terminate();
        } else if (this.#epoch !== frame.epoch) this.faults.push('the epoch changed');
        break;
      case 'reset':
        this.resets.push(frame.reason);
        break;
      case 'changes':
        this.#onChanges(frame);
        break;
      default:
        break;
    }
  }

  #onChanges(frame: Extract<ClientDown, { type: 'changes' }>): void {
    if (frame.from !== this.#seq) this.faults.push(`a frame from ${frame.from} after row ${this.#seq}`);
    for (const row of frame.rows) {
      if (row.seq !== this.#seq + 1) this.faults.push(`row ${row.seq} after row ${this.#seq}`);
      this.#seq = row.seq;
      this.rowCount += 1;
      applyChange(this.view, row);
    }
    if (frame.upTo !== this.#seq) this.faults.push(`a frame up to ${frame.upTo} ends with row ${this.#seq}`);
  }
}
