import { type Deferred, deferred } from '@hiscrm/shared/lib/deferred.ts';
import type { NoticeChange, NoticeDevice, ReceiptState } from '@hiscrm/shared/model/notice-change.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { Committer } from '../ingest/committer.ts';

/** Marks of one turn that wait for the log; beyond it a client is told to come again. */
export const PENDING_MARKS_LIMIT_COUNT = 200_000;
const RETRY_AFTER_MS = 200;

type Receipts = Extract<NoticeChange, { kind: 'notice.receipts' }>;
type Pending = { readonly userNos: number[]; readonly from: number[] };

/** Puts acknowledgements into the log: what many users say while a commit is under way becomes one row. */
export class ReceiptDesk {
  readonly #committer: Committer;
  #marks = new Map<string, Map<ReceiptState, Pending>>();
  /** Devices that the next row names for the first time. */
  #fresh: NoticeDevice[] = [];
  readonly #deviceNos = new WeakMap<NoticeDevice, number>();
  #newestDeviceNo: number;
  #count = 0;
  #durable: Deferred<void> | undefined;
  #isCommitting = false;
  #turn: NodeJS.Immediate | undefined;

  constructor(options: { readonly committer: Committer; readonly newestDeviceNo: number }) {
    this.#committer = options.committer;
    this.#newestDeviceNo = options.newestDeviceNo;
  }

  get pendingCount(): number {
    return this.#count;
  }

  /** Resolves once the marks are durable. Rejects with what the committer rejects with, or OVERLOADED. */
  note(mark: {
    readonly userNo: number;
    readonly messageIds: readonly string[];
    readonly state: ReceiptState;
    readonly device?: NoticeDevice | undefined;
  }): Promise<void> {
    if (this.#count + mark.messageIds.length > PENDING_MARKS_LIMIT_COUNT) {
      return Promise.reject(new ImError('OVERLOADED', { retryAfterMs: RETRY_AFTER_MS }));
    }
    const deviceNo = mark.device ? this.#deviceNo(mark.device) : 0;
    for (const messageId of mark.messageIds) {
      const ofNotice = this.#marks.get(messageId) ?? new Map<ReceiptState, Pending>();
      this.#marks.set(messageId, ofNotice);
      const pending = ofNotice.get(mark.state) ?? { userNos: [], from: [] };
      ofNotice.set(mark.state, pending);
      pending.userNos.push(mark.userNo);
      pending.from.push(deviceNo);
    }
    this.#count += mark.messageIds.length;
    this.#durable ??= deferred<void>();
    this.#askTurn();
    return this.#durable.promise;
  }

  #deviceNo(device: NoticeDevice): number {
    const known = this.#deviceNos.get(device);
    if (known !== undefined) return known;
    this.#fresh.push(device);
    this.#deviceNos.set(device, ++this.#newestDeviceNo);
    return this.#newestDeviceNo;
  }

  #askTurn(): void {
    if (this.#isCommitting || this.#turn) return;
    this.#turn = setImmediate(() => {
      this.#turn = undefined;
      void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    const { change, durable, fresh } = this.#take();
    if (!durable) return;
    this.#isCommitting = true;
    try {
      await this.#committer.commit([change]);
      durable.resolve();
    } catch (error) {
      for (const device of fresh) this.#deviceNos.delete(device); // nobody knows the number: the next row names them again
      durable.reject(error);
    } finally {
      this.#isCommitting = false;
    }
    if (this.#durable) this.#askTurn();
  }

  #take(): {
    readonly change: Receipts;
    readonly durable: Deferred<void> | undefined;
    readonly fresh: readonly NoticeDevice[];
  } {
    const marks: Receipts['marks'] = [];
    for (const [messageId, ofNotice] of this.#marks) {
      for (const [state, { userNos, from }] of ofNotice) marks.push({ messageId, state, userNos, from });
    }
    const fresh = this.#fresh;
    const devices = fresh.map((device) => ({ ...device, no: this.#deviceNo(device) }));
    const change: Receipts = { kind: 'notice.receipts', devices, marks };
    const durable = this.#durable;
    this.#marks = new Map();
    this.#fresh = [];
    this.#count = 0;
    this.#durable = undefined;
    return { change, durable, fresh };
  }

  /** Takes what is noted into the log. Safe twice. */
  async close(): Promise<void> {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    await this.#flush();
  }
}
