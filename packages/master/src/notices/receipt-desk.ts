import { type Deferred, deferred } from '@hiscrm/shared/lib/deferred.ts';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import type { NoticeChange, NoticeDevice, ReceiptState } from '@hiscrm/shared/model/notice-change.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { Committer } from '../ingest/committer.ts';

/** Marks of one turn that wait for the log; beyond it a client is told to come again. */
export const PENDING_MARKS_LIMIT_COUNT = 200_000;
const RETRY_AFTER_MS = 200;

type Receipts = Extract<NoticeChange, { kind: 'notice.receipts' }>;
type Pending = { readonly userIds: UserId[]; readonly deviceNos: number[] };

/** Puts acknowledgements into the log: what many users say while a commit is under way becomes one row. */
export class ReceiptDesk {
  readonly #committer: Committer;
  #marks = new Map<string, Map<ReceiptState, Pending>>();
  #devices: NoticeDevice[] = [];
  #deviceNos = new Map<NoticeDevice, number>();
  #count = 0;
  #durable: Deferred<void> | undefined;
  #isCommitting = false;
  #turn: NodeJS.Immediate | undefined;

  constructor(committer: Committer) {
    this.#committer = committer;
  }

  get pendingCount(): number {
    return this.#count;
  }

  /** Resolves once the marks are durable. Rejects with what the committer rejects with, or OVERLOADED. */
  note(mark: {
    readonly userId: UserId;
    readonly messageIds: readonly string[];
    readonly state: ReceiptState;
    readonly device?: NoticeDevice | undefined;
  }): Promise<void> {
    if (this.#count + mark.messageIds.length > PENDING_MARKS_LIMIT_COUNT) {
      return Promise.reject(new ImError('OVERLOADED', { retryAfterMs: RETRY_AFTER_MS }));
    }
    const deviceNo = mark.device ? this.#deviceNo(mark.device) : -1;
    for (const messageId of mark.messageIds) {
      const ofNotice = this.#marks.get(messageId) ?? new Map<ReceiptState, Pending>();
      this.#marks.set(messageId, ofNotice);
      const pending = ofNotice.get(mark.state) ?? { userIds: [], deviceNos: [] };
      ofNotice.set(mark.state, pending);
      pending.userIds.push(mark.userId);
      pending.deviceNos.push(deviceNo);
    }
    this.#count += mark.messageIds.length;
    this.#durable ??= deferred<void>();
    this.#askTurn();
    return this.#durable.promise;
  }

  #deviceNo(device: NoticeDevice): number {
    const known = this.#deviceNos.get(device);
    if (known !== undefined) return known;
    const no = this.#devices.push(device) - 1;
    this.#deviceNos.set(device, no);
    return no;
  }

  #askTurn(): void {
    if (this.#isCommitting || this.#turn) return;
    this.#turn = setImmediate(() => {
      this.#turn = undefined;
      void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    const { change, durable } = this.#take();
    if (!durable) return;
    this.#isCommitting = true;
    try {
      await this.#committer.commit([change]);
      durable.resolve();
    } catch (error) {
      durable.reject(error);
    } finally {
      this.#isCommitting = false;
    }
    if (this.#durable) this.#askTurn();
  }

  #take(): { readonly change: Receipts; readonly durable: Deferred<void> | undefined } {
    const marks: Receipts['marks'] = [];
    for (const [messageId, ofNotice] of this.#marks) {
      for (const [state, { userIds, deviceNos }] of ofNotice) marks.push({ messageId, state, userIds, deviceNos });
    }
    const change: Receipts = { kind: 'notice.receipts', devices: this.#devices, marks };
    const durable = this.#durable;
    this.#marks = new Map();
    this.#devices = [];
    this.#deviceNos = new Map();
    this.#count = 0;
    this.#durable = undefined;
    return { change, durable };
  }

  /** Takes what is noted into the log. Safe twice. */
  async close(): Promise<void> {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    await this.#flush();
  }
}
