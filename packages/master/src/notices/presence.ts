import type { UserId } from '@hiscrm/shared/model/ids.ts';
import type { NoticeLink } from './notice-link.ts';

export type OnlineUser = {
  readonly userId: UserId;
  readonly username: string;
  readonly connections: number;
  /** When the oldest of the present connections began (ms UTC). */
  readonly since: number;
  readonly lastSeenAt: number;
  readonly address: string;
};

/**
 * Who is on line, by connection. In memory only: a connection cannot outlive the process, so after a crash nobody is shown
 * as present who is not. A connection that fell silent is cut by its own heartbeat.
 */
export class Presence {
  readonly #byUser = new Map<UserId, Set<NoticeLink>>();
  #linkCount = 0;
  #totalCount = 0;
  #version = 0;

  /** Another one whenever somebody comes on line or goes. */
  get version(): number {
    return this.#version;
  }
  get linkCount(): number {
    return this.#linkCount;
  }
  get userCount(): number {
    return this.#byUser.size;
  }
  /** Connections since the process started. */
  get totalCount(): number {
    return this.#totalCount;
  }

  isOnline(userId: UserId): boolean {
    return this.#byUser.has(userId);
  }
  countOf(userId: UserId): number {
    return this.#byUser.get(userId)?.size ?? 0;
  }

  enter(link: NoticeLink): void {
    const links = this.#byUser.get(link.userId);
    if (links) links.add(link);
    else {
      this.#byUser.set(link.userId, new Set([link]));
      this.#version++;
    }
    this.#linkCount++;
    this.#totalCount++;
  }

  /** Gives the milliseconds on line that no present connection goes on counting. Safe twice. */
  leave(link: NoticeLink, now: number): number {
    const links = this.#byUser.get(link.userId);
    if (!links?.has(link)) return 0;
    const since = sinceOf(links);
    links.delete(link);
    this.#linkCount--;
    if (links.size > 0) return Math.max(0, sinceOf(links) - since); // the rest is counted when they leave
    this.#byUser.delete(link.userId);
    this.#version++;
    return now - since;
  }

  *users(): Iterable<OnlineUser> {
    for (const links of this.#byUser.values()) {
      const all = [...links];
      const newest = all.at(-1);
      if (!newest) continue;
      yield {
        userId: newest.userId,
        username: newest.username,
        connections: all.length,
        since: sinceOf(links),
        lastSeenAt: Math.max(...all.map(({ lastSeenAt }) => lastSeenAt)),
        address: newest.address,
      };
    }
  }
}

const sinceOf = (links: ReadonlySet<NoticeLink>): number => {
  let since = Number.POSITIVE_INFINITY;
  for (const link of links) since = Math.min(since, link.since);
  return since;
};
