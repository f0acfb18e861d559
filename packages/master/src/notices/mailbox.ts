import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import { FlagCounts } from './flag-counts.ts';

/** What the hub remembers of one user. */
export class Mailbox {
  readonly no: number;
  readonly userId: UserId;
  username: string;
  onlineMs: number;
  unreadCount = 0;
  /** The user's records by state. */
  readonly counts = new FlagCounts();
  /** The highest place in the user's stream; 0 = nothing was ever sent. */
  newestPlace = 0 as Seq;
  /** Records of notices that the user has not acknowledged, by number: those that may be sent, by ascending place; and the held. */
  readonly waiting: number[] = [];
  readonly held: number[] = [];
  /** Something of the user's was held once: only then there may be a digest. */
  hadHeld = false;
  /** The numbers of all the user's records, ascending: in the order in which they were made. */
  readonly records: number[] = [];
  /** Those that are not held, by place; absent as long as that is the same list. */
  #shown: number[] | undefined;

  constructor(user: {
    readonly no: number;
    readonly userId: UserId;
    readonly username: string;
    readonly onlineMs: number;
  }) {
    this.no = user.no;
    this.userId = user.userId;
    this.username = user.username;
    this.onlineMs = user.onlineMs;
  }

  get totalCount(): number {
    return this.records.length;
  }
  /** The user's stream: numbers of the records that are not held, by ascending place. */
  get shown(): readonly number[] {
    return this.#shown ?? this.records;
  }

  /** The user has one more record; `place` = 0 while it is held. */
  take(recordNo: number, place: Seq): void {
    if (place === 0) {
      this.hadHeld = true;
      this.#shown ??= [...this.records];
    }
    this.records.push(recordNo);
    if (place === 0) return;
    this.#shown?.push(recordNo);
    this.reach(place);
  }

  /** A held record got a place above all others. */
  show(recordNo: number, place: Seq): void {
    this.#shown?.push(recordNo);
    this.reach(place);
  }

  reach(place: Seq): void {
    if (place > this.newestPlace) this.newestPlace = place;
  }

  /** Puts what is not held into the order of places, after records were taken that had been held once. */
  sortShown(placeOf: (recordNo: number) => Seq): void {
    const shown = this.records.filter((recordNo) => placeOf(recordNo) > 0);
    this.#shown = shown.sort((a, b) => placeOf(a) - placeOf(b) || a - b);
  }

  /** A held one may be sent. */
  startWaiting(recordNo: number): void {
    drop(this.held, recordNo);
    this.waiting.push(recordNo);
  }

  /** Waits for it no more. */
  forget(recordNo: number): void {
    if (this.waiting[0] === recordNo)
      this.waiting.shift(); // acknowledgements come in order
    else drop(this.waiting, recordNo) || drop(this.held, recordNo);
  }

  /** What waits up to a place. */
  waitingUpTo(place: Seq, placeOf: (recordNo: number) => Seq): readonly number[] {
    return this.waiting.slice(0, this.#firstAbove(place, placeOf));
  }
  /** What waits above a place. */
  waitingAbove(place: Seq, placeOf: (recordNo: number) => Seq): readonly number[] {
    const from = this.#firstAbove(place, placeOf);
    return from === this.waiting.length ? NOTHING : this.waiting.slice(from);
  }

  #firstAbove(place: Seq, placeOf: (recordNo: number) => Seq): number {
    let at = this.waiting.length;
    while (at > 0 && placeOf(this.waiting[at - 1] ?? 0) > place) at--;
    return at;
  }
}

const NOTHING: readonly number[] = [];

/** Whether it was there. */
function drop(list: number[], recordNo: number): boolean {
  const at = list.indexOf(recordNo);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}
