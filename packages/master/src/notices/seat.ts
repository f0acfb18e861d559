import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { Withdrawal } from './joined-frames.ts';
import type { Mailbox } from './mailbox.ts';
import type { NoticeLink } from './notice-link.ts';

/** Records that are remembered as sent and given up, for one connection. Who acknowledges has not more on the way. */
const GIVEN_UP_LIMIT_COUNT = 100;

/** A record that was taken back, or expired, when a connection had been sent it. */
type GivenUp = { readonly recordNo: number; readonly place: Seq };

/** A link's place in its user's stream. */
export type Seat = {
  readonly link: NoticeLink;
  /** Absent until the user's first notice was seen here. */
  mailbox: Mailbox | undefined;
  isStarted: boolean;
  /** It was sent what lay above this place and waited. */
  startedFrom: Seq;
  sentUpTo: Seq;
  /** The count last told; -1 = none yet. */
  unreadCount: number;
  /** What was taken back and is not told yet. */
  withdrawn: readonly Withdrawal[];
  givenUp: readonly GivenUp[];
};

const NOTHING: readonly never[] = [];

export const newSeat = (link: NoticeLink, mailbox: Mailbox | undefined): Seat => ({
  link,
  mailbox,
  isStarted: false,
  startedFrom: 0 as Seq, // before everything
  sentUpTo: 0 as Seq,
  unreadCount: -1,
  withdrawn: NOTHING,
  givenUp: NOTHING,
});

/** A record that waited is given up: was it sent here, the client may say yet that it has it. */
export function noteGivenUp(seat: Seat, recordNo: number, place: Seq): void {
  const wasSent = seat.isStarted && place > seat.startedFrom && place <= seat.sentUpTo;
  if (wasSent) seat.givenUp = [...seat.givenUp.slice(1 - GIVEN_UP_LIMIT_COUNT), { recordNo, place }];
}

/** Those up to a place: the client has them. */
export function givenUpTo(seat: Seat, upTo: Seq): readonly number[] {
  if (seat.givenUp.length === 0) return NOTHING;
  return seat.givenUp.filter(({ place }) => place <= upTo).map(({ recordNo }) => recordNo);
}

/** It is written down that the client has them. */
export function forgetGivenUp(seat: Seat, recordNos: readonly number[]): void {
  seat.givenUp = seat.givenUp.filter(({ recordNo }) => !recordNos.includes(recordNo));
}
