/**
 * Records by when they were received, read and confirmed, for the lists that are sorted so. The times themselves are on disk; at
 * the start they are read once, a page a turn of the event loop, while everything else goes on. From then on every mark comes
 * behind the ones before it, as marks come in the order of the log.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PageBody } from '../log/record-page-layout.ts';
import { type Pairs, TimeOrder } from './time-order.ts';

export const RECORD_TIMES = ['receivedAt', 'readAt', 'confirmedAt'] as const;
export type RecordTime = (typeof RECORD_TIMES)[number];
/** A page of records: the number of the first one, how many there are, and their times. */
export type TimedPage = { readonly first: number; readonly count: number; readonly body: PageBody };

type PerTime<T> = Readonly<Record<RecordTime, T>>;
type State =
  /** Nobody has asked, or a mark was older than one before it, which the log does not do: to be read (again). */
  | { readonly kind: 'unknown' }
  /** `late`: what was marked since the reading began, with its moment. */
  | { readonly kind: 'reading'; readonly late: PerTime<Map<number, number>>; readonly done: Promise<void> }
  | { readonly kind: 'known'; readonly orders: PerTime<TimeOrder> };

export class TimeOrders {
  readonly #readPage: (pageNo: number) => TimedPage | undefined;
  #state: State = { kind: 'unknown' };
  #isStopped = false;

  /** `readPage` gives undefined after the last page. */
  constructor(readPage: (pageNo: number) => TimedPage | undefined) {
    this.#readPage = readPage;
  }

  /** Undefined as long as it is not known. */
  of(time: RecordTime): TimeOrder | undefined {
    return this.#state.kind === 'known' ? this.#state.orders[time] : undefined;
  }

  /** Resolves when all orders are known. Reads nothing when they are; rejects when a page cannot be read. */
  know(): Promise<void> {
    if (this.#state.kind === 'known' || this.#isStopped) return Promise.resolve();
    if (this.#state.kind === 'reading') return this.#state.done;
    const late = perTime(() => new Map<number, number>());
    const done = this.#read(late).catch((error: unknown) => {
      this.#state = { kind: 'unknown' };
      throw error;
    });
    this.#state = { kind: 'reading', late, done };
    return done;
  }

  /** A record got a time that it did not have. */
  note(time: RecordTime, recordNo: number, at: number): void {
    if (this.#state.kind === 'reading') this.#state.late[time].set(recordNo, at);
    else if (this.#state.kind === 'known' && !this.#state.orders[time].add(recordNo, at)) {
      this.#state = { kind: 'unknown' };
    }
  }

  /** Reads no further. Safe twice. */
  stop(): void {
    this.#isStopped = true;
  }

  async #read(late: PerTime<Map<number, number>>): Promise<void> {
    await nextTurn(); // the caller is told that it reads before it does
    const found = perTime(() => new PairList());
    for (let pageNo = 0; ; pageNo++) {
      const page = this.#isStopped ? undefined : this.#readPage(pageNo);
      if (!page) break;
      // What is late already comes at the end. What gets late after its page was read had no time here.
      for (const time of RECORD_TIMES) found[time].take(page, page.body[time], late[time]);
      await nextTurn();
    }
    const receivedAt = await TimeOrder.of(found.receivedAt.pairs());
    const readAt = await TimeOrder.of(found.readAt.pairs());
    const confirmedAt = await TimeOrder.of(found.confirmedAt.pairs());
    const orders = { receivedAt, readAt, confirmedAt };
    if (this.#isStopped) return;
    this.#state = { kind: 'known', orders };
    for (const time of RECORD_TIMES) for (const [recordNo, at] of late[time]) this.note(time, recordNo, at);
  }
}

const perTime = <T>(make: () => T): PerTime<T> => ({ receivedAt: make(), readAt: make(), confirmedAt: make() });

class PairList {
  #recordNos = new Uint32Array(0);
  #ats = new Float64Array(0);
  #count = 0;

  take({ first, count }: TimedPage, ats: Float64Array, without: ReadonlyMap<number, number>): void {
    if (this.#count + count > this.#ats.length) this.#grow(count);
    for (let offset = 0; offset < count; offset++) {
      const at = ats[offset] ?? 0;
      if (at === 0 || without.has(first + offset)) continue;
      this.#recordNos[this.#count] = first + offset;
      this.#ats[this.#count++] = at;
    }
  }

  pairs(): Pairs {
    return { recordNos: this.#recordNos.slice(0, this.#count), ats: this.#ats.slice(0, this.#count) };
  }

  #grow(count: number): void {
    const capacity = Math.max(this.#count + count, this.#ats.length * 2);
    const recordNos = new Uint32Array(capacity);
    const ats = new Float64Array(capacity);
    recordNos.set(this.#recordNos);
    ats.set(this.#ats);
    this.#recordNos = recordNos;
    this.#ats = ats;
  }
}
