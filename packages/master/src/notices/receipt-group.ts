import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { NoticeChange, ReceiptState } from '@hiscrm/shared/model/notice-change.ts';
import type { ReceiptWaiter } from './answer-line.ts';

type Receipts = Extract<NoticeChange, { kind: 'notice.receipts' }>;
type Columns = { readonly userNos: number[]; readonly from: number[] };

/** Acknowledgements that one row of the log will hold. */
export class ReceiptGroup {
  readonly #waiters: ReceiptWaiter[] = [];
  readonly #marks = new Map<string, Map<ReceiptState, Columns>>();
  readonly #upTo = new Map<Seq, Columns>();
  #entryCount = 0;
  #recordCount = 0;

  /** What it weighs in memory. */
  get entryCount(): number {
    return this.#entryCount;
  }
  /** How many records the row will change: what it weighs when it is folded in. */
  get recordCount(): number {
    return this.#recordCount;
  }

  /** Those who are told behind the commit of that row. */
  get waiters(): readonly ReceiptWaiter[] {
    return this.#waiters;
  }

  addWaiter(waiter: ReceiptWaiter): void {
    this.#waiters.push(waiter);
  }

  /** These notices of the user are in a state. */
  note(userNo: number, deviceNo: number, messageIds: readonly string[], state: ReceiptState): void {
    for (const messageId of messageIds) {
      const ofNotice = this.#marks.get(messageId) ?? new Map<ReceiptState, Columns>();
      this.#marks.set(messageId, ofNotice);
      add(ofNotice, state, userNo, deviceNo);
    }
    this.#entryCount += messageIds.length;
    this.#recordCount += messageIds.length;
  }

  /** The `count` notices that wait for the user up to a place of the stream have come. */
  noteUpTo(userNo: number, deviceNo: number, place: Seq, count: number): void {
    add(this.#upTo, place, userNo, deviceNo);
    this.#entryCount++;
    this.#recordCount += count;
  }

  change(devices: Receipts['devices']): Receipts {
    const marks: Receipts['marks'] = [];
    for (const [messageId, ofNotice] of this.#marks) {
      for (const [state, { userNos, from }] of ofNotice) marks.push({ messageId, state, userNos, from });
    }
    const upTo = [...this.#upTo].map(([place, { userNos, from }]) => ({ place, userNos, from }));
    return { kind: 'notice.receipts', devices, marks, ...(upTo.length > 0 && { upTo }) };
  }
}

function add<Key>(to: Map<Key, Columns>, key: Key, userNo: number, deviceNo: number): void {
  const columns = to.get(key) ?? { userNos: [], from: [] };
  to.set(key, columns);
  columns.userNos.push(userNo);
  columns.from.push(deviceNo);
}
