import type { Cancel } from '@hiscrm/shared/lib/clock.ts';
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { Sight } from './who-sees-what.ts';

/** Where a subscriber's frames go: one socket. Nothing here blocks. */
export interface Sink {
  /** Bytes accepted by `write` that the system has not taken yet. */
  readonly bufferedBytes: number;
  /** Queues one prepared frame (see `textFrame`) behind everything queued before. */
  write(frame: Buffer): void;
  /** Resolves when `bufferedBytes` fell, or the socket is gone. */
  drained(): Promise<void>;
  /** The hub gave this subscriber up: say so, close, and do not wait for it. */
  tooSlow(): void;
}

/** `catchingUp` reads what was missed; `live` has everything that was sealed before its last turn; `over` gets nothing. */
export type SubscriberState =
  | { readonly kind: 'catchingUp'; readonly giveUp: Cancel }
  | { readonly kind: 'live' }
  | { readonly kind: 'over' };

/** One object for all: a round that visits thousands of subscribers finds it in the cache. */
export const LIVE: SubscriberState = { kind: 'live' };

/** One client's place in the log. Only the hub moves it. */
export class Subscriber {
  readonly sink: Sink;
  sight: Sight;
  state: SubscriberState = LIVE;
  #at: Seq;

  constructor(options: { sink: Sink; sight: Sight; at: Seq }) {
    this.sink = options.sink;
    this.sight = options.sight;
    this.#at = options.at;
  }

  /** Everything up to here was sent. */
  get at(): Seq {
    return this.#at;
  }

  /** Moves on by one frame, which must begin where the last one ended: a hole is a bug and throws. */
  sent(from: Seq, upTo: Seq): void {
    if (from !== this.#at || upTo <= from) throw new Error(`frame ${from}…${upTo} does not follow ${this.#at}`);
    this.#at = upTo;
  }

  /** Starts again from a snapshot. */
  restartAt(seq: Seq): void {
    this.#at = seq;
  }

  become(state: SubscriberState): void {
    if (this.state.kind === 'catchingUp') this.state.giveUp();
    this.state = state;
  }
}
