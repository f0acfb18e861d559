import type { AccountId, Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import { mayRead, type Principal, sightKey } from '@hiscrm/shared/model/visibility.ts';
import { type Stretch, StretchBoard } from './stretch-board.ts';

/** Users remembered; who has not reported for longest goes. */
export const SHOWN_USER_LIMIT_COUNT = 200;
/** Reports remembered of each user: at one a second, a quarter of an hour; his own oldest go. */
export const SHOWN_REPORT_LIMIT_COUNT = 1_000;

type Shown = Stretch & { readonly at: number };
type Person = { readonly principal: Principal; readonly upTo: Seq; readonly reports: StretchBoard<Shown> };

/** Who was shown a row first. */
export type FirstShown = { readonly userId: UserId; readonly at: number; readonly userCount: number };

/**
 * When pages drew what is in the log, by user. A user is believed about his own pages only, takes a fixed room however much
 * he sends, and is never said to have been shown what he may not see, or what was there before he was watched.
 */
export class ShownBoard {
  readonly #people = new Map<UserId, Person>();
  readonly #limits: { readonly userCount: number; readonly reportCount: number };
  /** What is up to here may have been shown before anybody was watched. */
  #floor: Seq;

  constructor(options: { readonly floor: Seq; readonly userLimitCount?: number; readonly reportLimitCount?: number }) {
    this.#floor = options.floor;
    this.#limits = {
      userCount: options.userLimitCount ?? SHOWN_USER_LIMIT_COUNT,
      reportCount: options.reportLimitCount ?? SHOWN_REPORT_LIMIT_COUNT,
    };
  }

  get userCount(): number {
    return this.#people.size;
  }

  get userLimitCount(): number {
    return this.#limits.userCount;
  }

  /** False when it says nothing new of this user. */
  note({ principal, upTo, at }: { readonly principal: Principal; readonly upTo: Seq; readonly at: number }): boolean {
    const { userId } = principal;
    const known = this.#people.get(userId);
    const from = known?.upTo ?? this.#floor;
    if (upTo <= from) return false;
    const reports = known && isSameSight(known.principal, principal) ? known.reports : this.#newReports();
    reports.note({ from, upTo, at });
    this.#people.delete(userId);
    this.#people.set(userId, { principal, upTo, reports });
    if (this.#people.size > this.#limits.userCount) this.#dropOldest();
    return true;
  }

  /** Undefined when nobody who may see the account has reported it, or it is no longer remembered. */
  firstOf(seq: Seq, accountId: AccountId): FirstShown | undefined {
    let first: { readonly userId: UserId; readonly at: number } | undefined;
    let userCount = 0;
    for (const [userId, { principal, reports }] of this.#people) {
      const shown = mayRead(principal, accountId) ? reports.of(seq) : undefined;
      if (!shown) continue;
      userCount++;
      if (!first || shown.at < first.at) first = { userId, at: shown.at };
    }
    return first && { ...first, userCount };
  }

  /** Under other grants, what was drawn before was something else. */
  #newReports(): StretchBoard<Shown> {
    return new StretchBoard(this.#limits.reportCount);
  }

  #dropOldest(): void {
    for (const [userId, { upTo }] of this.#people) {
      this.#people.delete(userId);
      if (upTo > this.#floor) this.#floor = upTo;
      return;
    }
  }
}

const isSameSight = (one: Principal, other: Principal): boolean => one === other || sightKey(one) === sightKey(other);
