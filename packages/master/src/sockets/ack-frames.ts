import type { ReceiptState } from '@hiscrm/shared/model/notice-change.ts';
import type { NoticeDown } from '@hiscrm/shared/protocol/notice-link.ts';
import { textFrame } from '../hub/prepared-frame.ts';

type Answer = { readonly messageIds: readonly string[]; readonly state: ReceiptState; readonly frame: Buffer };

/** The answers to receipts. Thousands of clients acknowledge the same notices one after the other: theirs is made once. */
export class AckFrames {
  #last: Answer | undefined;

  /** Shared with others: nobody writes into it. */
  of(messageIds: readonly string[], state: ReceiptState): Buffer {
    const last = this.#last;
    if (last?.state === state && areSame(last.messageIds, messageIds)) return last.frame;
    const frame = textFrame(JSON.stringify({ type: 'ack_result', messageIds, state } satisfies NoticeDown));
    this.#last = { messageIds, state, frame };
    return frame;
  }
}

const areSame = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((id, index) => id === b[index]));
