import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { DownOf } from '@hiscrm/shared/protocol/client-link.ts';
import type { NoticeFrame } from '@hiscrm/shared/protocol/notice-link.ts';

/** Newest notices kept for the panel; older ones are asked for with the query `notices`. */
export const NOTICES_KEPT_COUNT = 200;

/** What the server has said about the user's notices. The lists are new objects after each change. */
export class NoticeShelf {
  #newest: readonly NoticeFrame[] = [];
  #unreadCount = 0;
  #offset: Seq | undefined;

  /** Newest first. */
  get newest(): readonly NoticeFrame[] {
    return this.#newest;
  }
  /** Over all of them, also those that are not kept here. */
  get unreadCount(): number {
    return this.#unreadCount;
  }
  /** Up to where notices were taken; undefined before the first. */
  get offset(): Seq | undefined {
    return this.#offset;
  }

  /** Takes a frame; gives the notices that were not known, which are to be acknowledged. */
  take(frame: DownOf<'notices'>): readonly NoticeFrame[] {
    const known = new Set(this.#newest.map(({ messageId }) => messageId));
    const fresh = frame.notices.filter(({ messageId }) => !known.has(messageId));
    const gone = new Set(frame.withdrawn);
    this.#newest = [...fresh.toReversed(), ...this.#newest]
      .filter(({ messageId }) => !gone.has(messageId))
      .slice(0, NOTICES_KEPT_COUNT);
    this.#unreadCount = frame.unreadCount;
    const last = frame.notices.at(-1)?.offset;
    if (last !== undefined && last > (this.#offset ?? 0)) this.#offset = last;
    return fresh;
  }

  /** Another user, or another history: places mean something else there. */
  forget(): void {
    this.#newest = [];
    this.#unreadCount = 0;
    this.#offset = undefined;
  }
}
