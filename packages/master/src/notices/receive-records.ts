/**
 * Every receive record, in pages of columns (`log/record-page-layout.ts`), numbered in the order in which they were made. Whose
 * they are and what state they are in is always in memory: about fourteen bytes a record, which a list looks through at several
 * hundred million a second. The rest of a page is read from disk when it is asked for, and forgotten again.
 *
 * A page is written as it is at that moment, which may be later than the checkpoint's place: states only rise, so the rows
 * that are folded in again at the next start change nothing there. Records made after that place are left out at the start
 * and made again, under the same numbers.
 */
import { assert, must } from '@hiscrm/shared/lib/must.ts';
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { NoticeTables } from '../log/notice-tables.ts';
import {
  clearBody,
  emptyBody,
  type PageBody,
  type PageRun,
  packBody,
  packHeads,
  packRuns,
  RECORDS_PER_PAGE,
} from '../log/record-page-layout.ts';
import type { RecordPageRow } from '../log/writer-protocol.ts';
import { RECORD_ERRORS, type ReceiveRecord, type RecordError } from './receive-record.ts';
import { FLAGS_LIMIT, isConfirmed, isDelivered, isPending, isRead, waited, wentLive } from './record-flags.ts';
import { RecordPage } from './record-page.ts';
import { RecordRuns } from './record-runs.ts';
import { type RecordTime, type TimedPage, TimeOrders } from './time-orders.ts';

const RETRIES_LIMIT_COUNT = 255;
const NOTHING: readonly number[] = [];
const MADE_IN_ORDER = 'recipients come in the order of their numbers';

/** What a mark does to a record besides its flags, the same to all that a row marks. */
export type RecordStep = { readonly at: number; readonly error?: RecordError | undefined };

/** Records of one notice, as they are made: by ascending user number, the n-th of each column for the n-th user. */
export type FreshRecords = {
  readonly noticeNo: number;
  readonly place: number;
  readonly at: number;
  readonly userNos: Uint32Array;
  readonly flags: Uint8Array;
  /** Letters, as codes. */
  readonly roles: Uint8Array;
  /** Which are held, and until when. */
  readonly held: ReadonlyMap<number, number>;
};

const FIRST_USERS_COUNT = 1_024;
/** Enough for what is made between two checkpoints of a busy hub: ten megabytes. */
const SPARE_BODIES_COUNT = 256;

/** Hears of one record; false = no more. */
export type VisitRecord = (recordNo: number, userNo: number, flags: number) => boolean;

export class ReceiveRecords {
  readonly #tables: NoticeTables;
  readonly #cachedPageCount: number;
  readonly #pages: RecordPage[] = [];
  readonly #runs = new RecordRuns();
  /** The newest record of each user, by number; -1 = none. From there on `before` leads through all of them. */
  #newestOf = new Int32Array(FIRST_USERS_COUNT).fill(-1);
  /** Pages whose body is in memory, the least lately asked for first. */
  readonly #withBody = new Set<RecordPage>();
  /** Let go, and taken for new pages: memory outside its heap that is given up and asked for again drives the collector. */
  readonly #spareBodies: PageBody[] = [];
  /** Of `pendingBetween`, which is asked for every delivery: a list that grows as it is filled is three times the garbage. */
  readonly #scratch: number[] = [];
  readonly #changed = new Set<RecordPage>();
  readonly #saving = new Set<RecordPage>();
  /** Records by when they got into a state. */
  readonly orders = new TimeOrders((pageNo) => this.#timesOf(pageNo));
  #count = 0;
  #changedCount = 0;
  #savingCount = 0;

  /** Loads what the tables hold as of their place. `cachedPageCount` pages are kept whole beside those that no checkpoint has. */
  constructor(tables: NoticeTables, cachedPageCount: number) {
    this.#tables = tables;
    this.#cachedPageCount = cachedPageCount;
    const count = tables.recordCount();
    for (const { pageNo, runs, heads, held } of tables.loadPages(count)) {
      assert(pageNo === this.#pages.length, `page ${this.#pages.length} of the receive records is missing`);
      const page = RecordPage.stored(pageNo, heads, held);
      this.#pages.push(page);
      for (const run of runs) this.#takeRun(page, run, count);
      for (let offset = 0; offset < page.count; offset++) this.#link(page, offset);
      holdAgain(page, tables.stateSeq());
      // What waited for a start was not delivered at once.
      for (let offset = 0; offset < page.count; offset++) {
        const flags = heads.flags[offset] ?? 0;
        page.setFlags(offset, isPending(flags) ? waited(flags) : flags);
      }
    }
    assert(this.#count === count, `${count} receive records were written, ${this.#count} are there`);
  }

  /** Records are numbered from 0 to below this. */
  get count(): number {
    return this.#count;
  }
  /** Changes since the last checkpoint began. */
  get changedCount(): number {
    return this.#changedCount;
  }
  /** Changes that no finished checkpoint has. */
  get unsavedCount(): number {
    return this.#changedCount + this.#savingCount;
  }

  /** Pages that no finished checkpoint has as they are. */
  get unsavedPageCount(): number {
    return this.#changed.size + this.#saving.size;
  }

  /** Makes the records of a notice; the number of the first, the others follow it. */
  make(fresh: FreshRecords): number {
    const { userNos, flags, roles, held, noticeNo, place, at } = fresh;
    const first = this.#count;
    const runNo = this.#runs.begin({ noticeNo, place, at, first });
    for (let index = 0; index < userNos.length; index++) {
      const offset = this.#count % RECORDS_PER_PAGE;
      const page = offset === 0 ? this.#addPage() : this.#pageOf(this.#count);
      if (offset === 0 || index === 0) this.#changed.add(page);
      const body = this.#bodyOf(page);
      page.heads.userNos[offset] = userNos[index] ?? 0;
      page.setFlags(offset, flags[index] ?? 0);
      page.runNos[offset] = runNo;
      page.sends[offset] = 0;
      body.roles[offset] = roles[index] ?? 0;
      body.updatedAt[offset] = at;
      const heldUntil = held.get(index);
      if (heldUntil !== undefined) page.held.set(offset, { place: 0, heldUntil });
      assert(index === 0 || (userNos[index - 1] ?? 0) < (userNos[index] ?? 0), MADE_IN_ORDER);
      this.#link(page, offset);
      page.count++;
      this.#count++;
    }
    this.#changedCount += userNos.length;
    return first;
  }

  /** A user's record among the `count` of one notice that begin at `first`; undefined when the user is no recipient. */
  find(first: number, count: number, userNo: number): number | undefined {
    const end = Math.min(first + count, this.#count);
    if (end <= first) return undefined;
    const guess = first + userNo - this.userNo(first); // right when everybody got it
    if (guess >= first && guess < end && this.userNo(guess) === userNo) return guess;
    let low = first;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.userNo(middle) < userNo) low = middle + 1;
      else high = middle;
    }
    return low < end && this.userNo(low) === userNo ? low : undefined;
  }

  flags(recordNo: number): number {
    return this.#pageOf(recordNo).heads.flags[recordNo % RECORDS_PER_PAGE] ?? 0;
  }
  userNo(recordNo: number): number {
    return this.#pageOf(recordNo).heads.userNos[recordNo % RECORDS_PER_PAGE] ?? 0;
  }
  noticeNo(recordNo: number): Seq {
    return this.#runs.noticeNo(this.#runOf(recordNo)) as Seq; // it came from a row
  }
  /** Place in the user's stream; 0 while it is held. */
  place(recordNo: number): Seq {
    const page = this.#pageOf(recordNo);
    const offset = recordNo % RECORDS_PER_PAGE;
    const held = page.held.size === 0 ? undefined : page.held.get(offset);
    return (held?.place ?? this.#runs.place(page.runNos[offset] ?? 0)) as Seq; // likewise
  }
  /** Whether it was held once, or still is: its place is not that of its notice. */
  wasHeld(recordNo: number): boolean {
    const { held } = this.#pageOf(recordNo);
    return held.size > 0 && held.has(recordNo % RECORDS_PER_PAGE);
  }
  /** Until when it is or was held; 0 = it was not held, or did not come in a digest. */
  heldUntil(recordNo: number): number {
    return this.#pageOf(recordNo).held.get(recordNo % RECORDS_PER_PAGE)?.heldUntil ?? 0;
  }
  /** The same number for records that look the same to their users. Undefined for one that was held once. */
  sight(recordNo: number): number | undefined {
    const page = this.#pageOf(recordNo);
    const offset = recordNo % RECORDS_PER_PAGE;
    if (this.wasHeld(recordNo)) return undefined;
    return (page.runNos[offset] ?? 0) * 2 + Number(wentLive(page.heads.flags[offset] ?? 0));
  }
  /** The same text for records that look the same to their users: of one notice, at one place, sent in one way. */
  deliveryKey(recordNo: number): string {
    const page = this.#pageOf(recordNo);
    const offset = recordNo % RECORDS_PER_PAGE;
    const held = page.held.get(offset);
    const key = `,${page.runNos[offset]}${wentLive(page.heads.flags[offset] ?? 0) ? '' : '-'}`;
    return held ? `${key}@${held.place}${held.heldUntil > 0}` : key;
  }
  /** When it was made: when its notice was sent (ms UTC). */
  createdAt(recordNo: number): number {
    return this.#runs.at(this.#runOf(recordNo));
  }
  /** It was written to a socket. */
  noteSent(recordNo: number): void {
    const { sends } = this.#pageOf(recordNo);
    const offset = recordNo % RECORDS_PER_PAGE;
    const count = sends[offset] ?? 0;
    if (count < RETRIES_LIMIT_COUNT) sends[offset] = count + 1;
  }
  /** When a record got into the state that a list is sorted by (ms UTC); 0 = it never did. */
  time(recordNo: number, of: RecordTime): number {
    return this.#bodyOf(this.#pageOf(recordNo))[of][recordNo % RECORDS_PER_PAGE] ?? 0;
  }

  /** The numbers of the records that were made in a range of time (ms UTC, both included): from `from` to before `end`. */
  between(fromAt: number | undefined, toAt: number | undefined): { readonly from: number; readonly end: number } {
    const firstFrom = (at: number): number => this.#runs.firstFrom(at) ?? this.#count;
    return {
      from: fromAt === undefined ? 0 : firstFrom(fromAt),
      end: toAt === undefined ? this.#count : firstFrom(toAt + 1),
    };
  }

  /** How many of the records from `first` to before `end` are in each state, by flags. */
  countFlags(first: number, end: number): Int32Array {
    const counts = new Int32Array(FLAGS_LIMIT);
    for (let at = first; at < end; ) {
      const { flags } = this.#pageOf(at).heads;
      const offset = at % RECORDS_PER_PAGE;
      const upTo = Math.min(RECORDS_PER_PAGE, offset + end - at);
      for (let index = offset; index < upTo; index++) {
        const cell = flags[index] ?? 0;
        counts[cell] = (counts[cell] ?? 0) + 1;
      }
      at += upTo - offset;
    }
    return counts;
  }

  /**
   * Shows the records from `first` to before `end`, until `visit` says false. Pages without any record in a `wanted` state (1 for
   * each) may be left out.
   */
  each(first: number, end: number, visit: VisitRecord, wanted?: Uint8Array): void {
    for (let at = first; at < end; ) {
      const page = this.#pageOf(at);
      const { userNos, flags } = page.heads;
      const base = at - (at % RECORDS_PER_PAGE);
      const upTo = Math.min(end, base + RECORDS_PER_PAGE);
      if (wanted && !page.mayHave(wanted)) at = upTo;
      for (; at < upTo; at++) if (!visit(at, userNos[at - base] ?? 0, flags[at - base] ?? 0)) return;
    }
  }

  /** The same, the last one first. */
  eachBackwards(first: number, end: number, visit: VisitRecord, wanted?: Uint8Array): void {
    for (let at = end - 1; at >= first; ) {
      const page = this.#pageOf(at);
      const { userNos, flags } = page.heads;
      const base = at - (at % RECORDS_PER_PAGE);
      const from = Math.max(first, base);
      if (wanted && !page.mayHave(wanted)) at = from - 1;
      for (; at >= from; at--) if (!visit(at, userNos[at - base] ?? 0, flags[at - base] ?? 0)) return;
    }
  }

  /** The newest record of a user; -1 = there is none. */
  newestOf(userNo: number): number {
    return this.#newestOf[userNo] ?? -1;
  }
  /** The record that the same user got before this one; -1 = it is the first. */
  before(recordNo: number): number {
    return this.#pageOf(recordNo).before[recordNo % RECORDS_PER_PAGE] ?? -1;
  }

  /** Shows a user's records from `first` to before `end`, the newest first. */
  eachOfUser(
    userNo: number,
    { first, end }: { readonly first: number; readonly end: number },
    visit: VisitRecord,
  ): void {
    for (let at = this.newestOf(userNo); at >= first; at = this.before(at)) {
      if (at < end && !visit(at, userNo, this.flags(at))) return;
    }
  }

  /**
   * Of a user's records, from the newest back: the pending ones above one place and up to another, by ascending place. It looks
   * no further back than `pendingCount` pending ones. For users whose records stand in the order of their places.
   */
  pendingBetween(userNo: number, above: number, upTo: number, pendingCount: number): readonly number[] {
    const newestFirst = this.#scratch;
    let foundCount = 0;
    let left = pendingCount;
    for (let at = this.newestOf(userNo); at >= 0 && left > 0; ) {
      const page = this.#pageOf(at);
      const offset = at % RECORDS_PER_PAGE;
      const place = this.#runs.place(page.runNos[offset] ?? 0);
      if (place <= above) break;
      if (isPending(page.heads.flags[offset] ?? 0)) {
        left--;
        if (place <= upTo) newestFirst[foundCount++] = at;
      }
      at = page.before[offset] ?? -1;
    }
    if (foundCount === 0) return NOTHING;
    const found = new Array<number>(foundCount);
    for (let at = 0; at < foundCount; at++) found[at] = newestFirst[foundCount - 1 - at] ?? 0;
    return found;
  }

  /** Raises a record to `flags`. A time that is there already stays, and so does a device. */
  mark(recordNo: number, flags: number, { at, error }: RecordStep, deviceNo = 0): void {
    const page = this.#pageOf(recordNo);
    const offset = recordNo % RECORDS_PER_PAGE;
    this.#changed.add(page); // before its body is read: it must not be let go
    const body = this.#bodyOf(page);
    this.#changedCount++;
    page.setFlags(offset, flags);
    body.updatedAt[offset] = at;
    if (isDelivered(flags)) this.#noteTime(body, 'receivedAt', recordNo, at);
    if (isRead(flags)) this.#noteTime(body, 'readAt', recordNo, at);
    if (isConfirmed(flags)) this.#noteTime(body, 'confirmedAt', recordNo, at);
    if (body.devices[offset] === 0) body.devices[offset] = deviceNo;
    const sentCount = page.sends[offset] ?? 0;
    if (sentCount > 1) body.retries[offset] = sentCount - 1;
    if (error !== undefined && !isDelivered(flags)) body.errors[offset] = RECORD_ERRORS.indexOf(error);
  }

  #noteTime(body: PageBody, time: RecordTime, recordNo: number, at: number): void {
    const offset = recordNo % RECORDS_PER_PAGE;
    if (body[time][offset] !== 0) return;
    body[time][offset] = at;
    this.orders.note(time, recordNo, at);
  }

  /** A held record becomes deliverable at a place of its user's stream. One of a digest keeps its `heldUntil`. */
  release(recordNo: number, to: { readonly place: Seq; readonly heldUntil: number; readonly at: number }): void {
    const page = this.#pageOf(recordNo);
    const offset = recordNo % RECORDS_PER_PAGE;
    this.#changed.add(page); // as above
    const { updatedAt } = this.#bodyOf(page);
    updatedAt[offset] = Math.max(updatedAt[offset] ?? 0, to.at); // a page may hold a later mark already
    page.held.set(offset, { place: to.place, heldUntil: to.heldUntil });
    this.#changedCount++;
  }

  /** A held one is held longer. Until it is released that is only known here: a start looks at its hour again. */
  postpone(recordNo: number, heldUntil: number): void {
    this.#pageOf(recordNo).held.set(recordNo % RECORDS_PER_PAGE, { place: 0, heldUntil });
  }

  view(recordNo: number): ReceiveRecord {
    const page = this.#pageOf(recordNo);
    const body = this.#bodyOf(page);
    const offset = recordNo % RECORDS_PER_PAGE;
    const role = body.roles[offset] ?? 0;
    return {
      recordNo,
      noticeNo: this.noticeNo(recordNo),
      userNo: this.userNo(recordNo),
      place: this.place(recordNo),
      flags: this.flags(recordNo),
      role: role === 0 ? '' : String.fromCharCode(role),
      createdAt: this.createdAt(recordNo),
      receivedAt: body.receivedAt[offset] ?? 0,
      readAt: body.readAt[offset] ?? 0,
      confirmedAt: body.confirmedAt[offset] ?? 0,
      updatedAt: body.updatedAt[offset] ?? 0,
      heldUntil: this.heldUntil(recordNo),
      retryCount: body.retries[offset] ?? 0,
      deviceNo: body.devices[offset] ?? 0,
      error: RECORD_ERRORS[body.errors[offset] ?? 0] ?? '',
    };
  }

  /** The pages that changed, as they are when it is their turn, in slices. They stay in memory until `saved`. */
  *takeSlices(pageCount: number): Iterable<readonly RecordPageRow[]> {
    assert(this.#saving.size === 0, 'one checkpoint at a time');
    this.#savingCount = this.#changedCount;
    this.#changedCount = 0;
    const pages = [...this.#changed];
    for (let at = 0; at < pages.length; at += pageCount)
      yield pages.slice(at, at + pageCount).map((page) => this.#take(page));
  }

  saved(): void {
    this.#saving.clear();
    this.#savingCount = 0;
    this.#evict();
  }

  #take(page: RecordPage): RecordPageRow {
    this.#changed.delete(page);
    this.#saving.add(page);
    const held = page.held.size === 0 ? null : JSON.stringify(page.heldCells());
    const { no, count } = page;
    return [no, packRuns(this.#runsOf(page)), held, packHeads(page.heads, count), packBody(this.#bodyOf(page), count)];
  }

  #runsOf(page: RecordPage): readonly PageRun[] {
    const runs: { noticeNo: number; place: number; at: number; count: number; runNo: number }[] = [];
    for (let offset = 0; offset < page.count; offset++) {
      const runNo = page.runNos[offset] ?? 0;
      const last = runs.at(-1);
      if (last?.runNo === runNo) last.count++;
      else {
        const noticeNo = this.#runs.noticeNo(runNo);
        runs.push({ runNo, noticeNo, place: this.#runs.place(runNo), at: this.#runs.at(runNo), count: 1 });
      }
    }
    return runs;
  }

  #takeRun(page: RecordPage, run: PageRun, limit: number): void {
    const count = Math.min(run.count, limit - this.#count);
    if (count <= 0) return;
    const runNo = this.#runs.goesOn(run.noticeNo) ?? this.#runs.begin({ ...run, first: this.#count });
    page.runNos.fill(runNo, page.count, page.count + count);
    page.count += count;
    this.#count += count;
  }

  #link(page: RecordPage, offset: number): void {
    const userNo = page.heads.userNos[offset] ?? 0;
    if (userNo >= this.#newestOf.length) this.#newestOf = grown(this.#newestOf, userNo);
    page.before[offset] = this.#newestOf[userNo] ?? -1;
    this.#newestOf[userNo] = page.no * RECORDS_PER_PAGE + offset;
  }

  #addPage(): RecordPage {
    const spare = this.#spareBodies.pop();
    const page = RecordPage.empty(this.#pages.length, spare ? clearBody(spare) : emptyBody());
    this.#pages.push(page);
    this.#withBody.add(page);
    return page;
  }

  #pageOf(recordNo: number): RecordPage {
    return must(this.#pages[(recordNo / RECORDS_PER_PAGE) | 0], 'records are numbered without gaps');
  }
  #runOf(recordNo: number): number {
    return this.#pageOf(recordNo).runNos[recordNo % RECORDS_PER_PAGE] ?? 0;
  }

  /** A page that is read once, for all of its times, takes no other one's place in memory. */
  #timesOf(pageNo: number): TimedPage | undefined {
    const page = this.#pages[pageNo];
    if (!page) return undefined;
    const count = Math.min(RECORDS_PER_PAGE, this.#count - pageNo * RECORDS_PER_PAGE);
    return { first: pageNo * RECORDS_PER_PAGE, count, body: page.body ?? this.#readBody(page) };
  }

  #readBody(page: RecordPage): PageBody {
    return must(this.#tables.readPageBody(page.no), `page ${page.no} of the receive records was saved`);
  }

  #bodyOf(page: RecordPage): PageBody {
    if (page.body) return page.body;
    const body = this.#readBody(page);
    page.body = body;
    this.#withBody.add(page);
    if (this.#withBody.size > 2 * this.#cachedPageCount) this.#evict();
    return body;
  }

  /** Lets the bodies go that were read first; those that are not on disk as they are stay. */
  #evict(): void {
    let surplusCount = this.#withBody.size - this.#cachedPageCount;
    for (const page of this.#withBody) {
      if (surplusCount <= 0) break;
      if (this.#changed.has(page) || this.#saving.has(page)) continue;
      if (page.body && this.#spareBodies.length < SPARE_BODIES_COUNT) this.#spareBodies.push(page.body);
      page.body = undefined;
      this.#withBody.delete(page);
      surplusCount--;
    }
  }
}

function grown(newestOf: Int32Array, userNo: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(userNo + 1, newestOf.length * 2)).fill(-1);
  larger.set(newestOf);
  return larger;
}

/** What a page says that was written later than the place from which rows are folded in again: it is released once more. */
function holdAgain(page: RecordPage, stateSeq: Seq): void {
  for (const [offset, { place, heldUntil }] of page.held) {
    if (offset >= page.count) page.held.delete(offset);
    else if (place > stateSeq) page.held.set(offset, { place: 0, heldUntil });
  }
}
