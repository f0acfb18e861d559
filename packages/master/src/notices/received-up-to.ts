import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { ReceiptWaiter } from './answer-line.ts';
import type { Mailbox } from './mailbox.ts';
import type { Seat } from './seat.ts';

/** The answer to an acknowledgement: what is now at least in that state, and what the user never got. */
export type ReceiptAnswer = { readonly messageIds: readonly string[]; readonly unknownIds: readonly string[] };

/** Hears, once, what became of "I have everything up to there". It may be called before that call returns. */
export interface ReceiptListener {
  onReceived(answer: ReceiptAnswer): void;
  onReceiveFailed(error: unknown): void;
}

/** How far a connection has come. */
export type Place = {
  readonly seat: Seat;
  readonly mailbox: Mailbox;
  readonly upTo: Seq;
  /** What that is a receipt for. */
  readonly messageIds: readonly string[];
  readonly listener: ReceiptListener;
};

/** That a connection has come so far, on its way into the log. */
export class ReceivedUpTo implements ReceiptWaiter {
  readonly #place: Place;
  readonly #onDurable: (place: Place) => void;

  constructor(place: Place, onDurable: (place: Place) => void) {
    this.#place = place;
    this.#onDurable = onDurable;
  }

  resolve(): void {
    this.#onDurable(this.#place);
  }

  reject(error: unknown): void {
    this.#place.listener.onReceiveFailed(error);
  }
}
