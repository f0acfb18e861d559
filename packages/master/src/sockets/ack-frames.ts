import type { ReceiptState } from '@hiscrm/shared/model/notice-change.ts';
import type { NoticeDown } from '@hiscrm/shared/protocol/notice-link.ts';
import { textFrame } from '../hub/prepared-frame.ts';

/** The answers to receipts. Thousands of clients acknowledge the same notices one after the other: theirs is made once. */
export class AckFrames {
  #messageIds: readonly string[] = [];
  #state: ReceiptState = 'delivered';
  #frame: Buffer | undefined;

  /** Shared with others: nobody writes into it. */
  of(messageIds: readonly string[], state: ReceiptState): Buffer {
    if (this.#frame && this.#state === state && areSame(this.#messageIds, messageIds)) return this.#frame;
    const frame = textFrame(
      JSON.stringify({ type: 'ack_result', messageIds: [...messageIds], state } satisfies NoticeDown),
    );
    this.#messageIds = messageIds;
    this.#state = state;
    this.#frame = frame;
    return frame;
  }
}

const areSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, index) => id === b[index]);
