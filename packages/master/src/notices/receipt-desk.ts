import { deferred } from '@hiscrm/shared/lib/deferred.ts';
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { NoticeDevice, ReceiptState } from '@hiscrm/shared/model/notice-change.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { Committer } from '../ingest/committer.ts';
import { AnswerLine, type ReceiptWaiter } from './answer-line.ts';
import { ReceiptGroup } from './receipt-group.ts';

/** Acknowledgements that wait for the log; beyond it a client is told to come again. */
export const PENDING_LIMIT_COUNT = 200_000;
const RETRY_AFTER_MS = 200;
/** Records that one row changes: when ten thousand clients say at once what they have, it is folded in with pauses of a millisecond. */
export const GROUP_LIMIT_COUNT = 2_500;

/**
 * Turns of the event loop for which "it has come" waits for others that say the same. An idle loop makes them in no time; one
 * that is busy with thousands of acknowledgements makes one row of them instead of one a turn.
 */
const COMPANY_TURNS = 8;

/** Who acknowledges, and over which connection if any. */
type By = { readonly userNo: number; readonly device?: NoticeDevice | undefined };

const overloaded = (): ImError => new ImError('OVERLOADED', { retryAfterMs: RETRY_AFTER_MS });

/** Puts acknowledgements into the log: what many users say while a commit is under way becomes one row, or a few. */
export class ReceiptDesk {
  readonly #committer: Committer;
  /** In the order of their commits; the last one takes what is noted. */
  readonly #groups: ReceiptGroup[] = [];
  readonly #answers = new AnswerLine();
  readonly #deviceNos = new WeakMap<NoticeDevice, number>();
  #newestDeviceNo: number;
  /** Devices that have a number and are in no row yet: the next one names them. */
  #unnamed: NoticeDevice[] = [];
  #pendingCount = 0;
  #committing: Promise<void> | undefined;
  #turn: NodeJS.Immediate | undefined;
  /** Turns until the next commit. */
  #turnsLeft = COMPANY_TURNS;

  constructor(options: { readonly committer: Committer; readonly newestDeviceNo: number }) {
    this.#committer = options.committer;
    this.#newestDeviceNo = options.newestDeviceNo;
  }

  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** Resolves once the marks are durable. Rejects with what the committer rejects with, or OVERLOADED. */
  note(mark: By & { readonly messageIds: readonly string[]; readonly state: ReceiptState }): Promise<void> {
    const { userNo, messageIds, state } = mark;
    if (!this.#hasRoom(messageIds.length)) return Promise.reject(overloaded());
    this.#turnsLeft = 0; // somebody did something and looks at the answer
    const group = this.#openGroup();
    group.note(userNo, this.#deviceNo(mark), messageIds, state);
    const durable = deferred<void>();
    this.#enter(group, durable, messageIds.length);
    return durable.promise;
  }

  /**
   * The same for the `count` notices that wait for a user up to a place of the stream: they have come. Thousands of users say so at
   * once, so this one is told by a call: a promise, with what hangs on it, is ten objects.
   */
  noteUpTo(mark: By & { readonly place: Seq; readonly count: number }, waiter: ReceiptWaiter): void {
    const { userNo, place, count } = mark;
    if (!this.#hasRoom(1)) {
      waiter.reject(overloaded());
      return;
    }
    const group = this.#openGroup();
    group.noteUpTo(userNo, this.#deviceNo(mark), place, count);
    this.#enter(group, waiter, 1);
  }

  #hasRoom(entryCount: number): boolean {
    return this.#pendingCount + entryCount <= PENDING_LIMIT_COUNT;
  }

  #openGroup(): ReceiptGroup {
    const newest = this.#groups.at(-1);
    if (newest && newest.recordCount < GROUP_LIMIT_COUNT) return newest;
    const group = new ReceiptGroup();
    this.#groups.push(group);
    return group;
  }

  #enter(group: ReceiptGroup, waiter: ReceiptWaiter, entryCount: number): void {
    group.addWaiter(waiter);
    this.#pendingCount += entryCount;
    this.#askTurn();
  }

  /** 0 = without a connection. */
  #deviceNo({ device }: By): number {
    return device ? this.#numberOf(device) : 0;
  }

  #numberOf(device: NoticeDevice): number {
    const known = this.#deviceNos.get(device);
    if (known !== undefined) return known;
    this.#unnamed.push(device);
    this.#deviceNos.set(device, ++this.#newestDeviceNo);
    return this.#newestDeviceNo;
  }

  #askTurn(): void {
    if (this.#committing || this.#turn) return;
    this.#turn = setImmediate(() => {
      this.#turn = undefined;
      if (this.#turnsLeft-- > 0 && this.#groups.length === 1) this.#askTurn();
      else this.#commitNext();
    });
  }

  #commitNext(): void {
    const group = this.#groups.shift();
    if (!group) return;
    this.#turnsLeft = COMPANY_TURNS;
    this.#pendingCount -= group.entryCount;
    this.#committing = this.#commit(group).finally(() => {
      this.#committing = undefined;
      if (this.#groups.length > 0) this.#askTurn();
    });
  }

  async #commit(group: ReceiptGroup): Promise<void> {
    const unnamed = this.#unnamed;
    this.#unnamed = [];
    const devices = unnamed.map((device) => ({ ...device, no: this.#numberOf(device) }));
    try {
      await this.#committer.commit([group.change(devices)]);
    } catch (error) {
      this.#unnamed.unshift(...unnamed);
      for (const waiter of group.waiters) waiter.reject(error);
      return;
    }
    this.#answers.push(group.waiters);
  }

  /** Takes what is noted into the log. Safe twice. */
  async close(): Promise<void> {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    while (this.#committing || this.#groups.length > 0) {
      if (!this.#committing) this.#commitNext();
      await this.#committing;
      clearImmediate(this.#turn);
      this.#turn = undefined;
    }
    this.#answers.flush();
  }
}
