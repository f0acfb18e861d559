import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import { FlagCounts } from './flag-counts.ts';
import type { LiveNotice } from './live-notice.ts';

/** A notice that its user has not acknowledged. */
export type Waiting = {
  readonly notice: LiveNotice;
  /** Its place in the user's stream; 0 while it is held. */
  place: Seq;
  /** When a held one is due; one that came in a digest keeps it. 0 for the others. */
  heldUntil: number;
  /** It was not on its way the moment it was sent: the frame says so. */
  isOffline: boolean;
  sentCount: number;
};

/** What the hub remembers of one user. The receive records themselves are in the tables. */
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
  /** Oldest first, by place. */
  readonly waiting: Waiting[] = [];
  readonly held: Waiting[] = [];

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
    return this.counts.counts().total;
  }

  reach(place: Seq): void {
    if (place > this.newestPlace) this.newestPlace = place;
  }

  /** The one that waits under this notice, held or not. */
  find(notice: LiveNotice): Waiting | undefined {
    return this.waiting.find((one) => one.notice === notice) ?? this.held.find((one) => one.notice === notice);
  }

  /** Waits for it no more. */
  forget(notice: LiveNotice): Waiting | undefined {
    return take(this.waiting, notice) ?? take(this.held, notice);
  }

  /** The index of the first one above a place. */
  firstAbove(place: Seq): number {
    let at = this.waiting.length;
    while (at > 0 && (this.waiting[at - 1]?.place ?? 0) > place) at--;
    return at;
  }
}

function take(list: Waiting[], notice: LiveNotice): Waiting | undefined {
  if (list[0]?.notice === notice) return list.shift(); // acknowledgements come in order
  const at = list.findIndex((one) => one.notice === notice);
  return at < 0 ? undefined : list.splice(at, 1)[0];
}
