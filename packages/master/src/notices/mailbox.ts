import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import { FlagCounts } from './flag-counts.ts';

/** What the hub remembers of one user, beside the records themselves. */
export class Mailbox {
  readonly no: number;
  readonly userId: UserId;
  username: string;
  onlineMs: number;
  unreadCount = 0;
  /** The user's records by state. */
  readonly counts = new FlagCounts();
  totalCount = 0;
  /** The highest place in the user's stream; 0 = nothing was ever sent. */
  newestPlace = 0 as Seq;
  /** Records that the user has not acknowledged and that may be sent. */
  waitingCount = 0;
  /** Those that are held until later, by number. */
  readonly held: number[] = [];
  /**
   * The user's stream, by ascending place, once it is not simply the records in the order in which they were made: as a rule
   * because something was held. Only then there may be a digest.
   */
  shown: number[] | undefined;

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

  /** A record got a place above all others. */
  reach(place: Seq): void {
    if (place > this.newestPlace) this.newestPlace = place;
  }
}
