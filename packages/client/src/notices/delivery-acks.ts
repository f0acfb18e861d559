import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';

/** So long after the newest notice its acknowledgement goes out: what comes in a row is acknowledged in one command. */
export const ACK_QUIET_MS = 500;
/** So long after the first one that is not acknowledged, whatever still comes. */
export const ACK_LATEST_MS = 2_000;
/** So many wait for nothing: of one user the server lets a hundred unacknowledged ones wait before the oldest expires. */
export const ACK_AT_ONCE_COUNT = 32;
/** Ids in one command: the longest that there are, so many of them fit into a frame. */
export const ACK_LIMIT_COUNT = 500;

/**
 * Acknowledgements of notices that were taken, until they have company: one costs the server as much as several deliveries.
 * What still waits here when the page goes is not lost, as an unacknowledged notice comes again and is known by its id.
 */
export class DeliveryAcks {
  readonly #clock: Clock;
  readonly #send: (messageIds: readonly string[]) => void;
  readonly #waiting = new Set<string>();
  #cancelQuiet: Cancel | undefined;
  #cancelLatest: Cancel | undefined;

  constructor(options: { readonly clock: Clock; readonly send: (messageIds: readonly string[]) => void }) {
    this.#clock = options.clock;
    this.#send = options.send;
  }

  /** These notices are kept here. */
  add(messageIds: readonly string[]): void {
    if (messageIds.length === 0) return; // a badge alone keeps nothing waiting
    for (const messageId of messageIds) this.#waiting.add(messageId);
    if (this.#waiting.size >= ACK_AT_ONCE_COUNT) {
      this.#flush();
      return;
    }
    this.#cancelQuiet?.();
    this.#cancelQuiet = this.#clock.after(ACK_QUIET_MS, () => this.#flush());
    this.#cancelLatest ??= this.#clock.after(ACK_LATEST_MS, () => this.#flush());
  }

  /** Sends nothing of what waits: it belongs to another user or another history, or nobody is there any more. Safe twice. */
  forget(): void {
    this.#cancelQuiet?.();
    this.#cancelLatest?.();
    this.#cancelQuiet = undefined;
    this.#cancelLatest = undefined;
    this.#waiting.clear();
  }

  #flush(): void {
    const messageIds = [...this.#waiting];
    this.forget();
    for (let at = 0; at < messageIds.length; at += ACK_LIMIT_COUNT) {
      this.#send(messageIds.slice(at, at + ACK_LIMIT_COUNT));
    }
  }
}
