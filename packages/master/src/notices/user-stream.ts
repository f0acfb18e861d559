/**
 * One user's stream of records. As a rule it is the chain of the user's records, from the newest back; what was held once stands
 * where it was released, so such a user has a list of its own (`Mailbox.shown`).
 */
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { Mailbox } from './mailbox.ts';
import type { ReceiveRecords } from './receive-records.ts';
import { isPending } from './record-flags.ts';

const NOTHING: readonly number[] = [];
const BEFORE_ALL = 0 as Seq; // rows of the log are counted from 1

/** Shows what is not held by descending place, until `visit` says false. Whether it did. */
export function newestFirst(records: ReceiveRecords, mailbox: Mailbox, visit: (recordNo: number) => boolean): boolean {
  const { shown } = mailbox;
  if (shown) {
    for (let at = shown.length - 1; at >= 0; at--) if (!visit(shown[at] ?? 0)) return true;
    return false;
  }
  for (let recordNo = records.newestOf(mailbox.no); recordNo >= 0; recordNo = records.before(recordNo)) {
    if (!visit(recordNo)) return true;
  }
  return false;
}

/** What waits above one place and up to another, by ascending place. */
export function waitingBetween(records: ReceiveRecords, mailbox: Mailbox, above: Seq, upTo: Seq): readonly number[] {
  const { no, shown, waitingCount, newestPlace } = mailbox;
  if (waitingCount === 0 || newestPlace <= above) return NOTHING;
  if (!shown) return records.pendingBetween(no, above, upTo, waitingCount);
  const found: number[] = [];
  let left = waitingCount;
  newestFirst(records, mailbox, (recordNo) => {
    if (records.place(recordNo) <= above) return false;
    if (!isPending(records.flags(recordNo))) return true;
    if (records.place(recordNo) <= upTo) found.push(recordNo);
    return --left > 0;
  });
  return found.reverse();
}

export const waitingAbove = (records: ReceiveRecords, mailbox: Mailbox, place: Seq): readonly number[] =>
  waitingBetween(records, mailbox, place, mailbox.newestPlace);

export const waitingUpTo = (records: ReceiveRecords, mailbox: Mailbox, place: Seq): readonly number[] =>
  waitingBetween(records, mailbox, BEFORE_ALL, place);

/** All that waits. */
export const waitingOf = (records: ReceiveRecords, mailbox: Mailbox): readonly number[] =>
  waitingUpTo(records, mailbox, mailbox.newestPlace);

/** Gives the user a stream of its own, as of now: by ascending place, without what is held. */
export function keepShown(records: ReceiveRecords, mailbox: Mailbox): void {
  const shown: number[] = [];
  for (let recordNo = records.newestOf(mailbox.no); recordNo >= 0; recordNo = records.before(recordNo)) {
    if (records.place(recordNo) > 0) shown.push(recordNo);
  }
  mailbox.shown = shown.sort((a, b) => records.place(a) - records.place(b) || a - b);
}
