import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { groupDigests } from './digest.ts';
import type { LiveNotice } from './live-notice.ts';
import type { NoticeBook } from './notice-book.ts';
import { frameOf, preparedDown, preparedNative, preparedOf, preparedUnread } from './notice-frames.ts';
import type { NoticeLanguage } from './notice-language.ts';
import type { NoticeLink } from './notice-link.ts';

/** Combinations of frames joined in one turn that are kept for others with the same. */
const JOINED_LIMIT_COUNT = 2_000;

/** A notice that was taken back. */
export type Withdrawal = {
  readonly messageId: string;
  /** For clients of the contract: encoded once. */
  readonly plainFrame: Buffer;
};

/** What one connection is sent in one write. */
export type Writing = {
  readonly withdrawn: readonly Withdrawal[];
  /** By ascending place. */
  readonly recordNos: readonly number[];
  readonly unreadCount: number;
  /** The user read something, on whatever device. */
  readonly hasRead: boolean;
  /** It missed them while it was away. */
  readonly isReturning: boolean;
};

export function withdrawalOf({ messageId, body: { supersededBy } }: LiveNotice): Withdrawal {
  const plainFrame = preparedDown({
    type: 'notice_withdrawn',
    messageId,
    ...(supersededBy !== undefined && { supersededBy }),
  });
  return { messageId, plainFrame };
}

/** What makes the bytes of a write what they are, and the bytes. */
type Look = Omit<Writing, 'withdrawn' | 'recordNos'> & {
  readonly sights: readonly number[];
  readonly format: NoticeLink['format'];
  readonly language: NoticeLanguage;
  readonly joined: Buffer;
};

/** The bytes of a write. Users with the same notices, the same withdrawals and the same badge are sent the same ones. */
export class JoinedFrames {
  readonly #book: NoticeBook;
  readonly #languageOf: (userId: UserId) => NoticeLanguage;
  readonly #known = new Map<string, Buffer>();
  /** What was asked for last, where it can be told apart without a text: users who see the same stand in a row. */
  #last: Look | undefined;

  constructor(options: { readonly book: NoticeBook; readonly languageOf: (userId: UserId) => NoticeLanguage }) {
    this.#book = options.book;
    this.#languageOf = options.languageOf;
  }

  /** Shared with others until `clear`: nobody writes into it. */
  of(writing: Writing, { format, userId }: NoticeLink): Buffer {
    const language = this.#languageOf(userId);
    if (this.#last && this.#isLike(this.#last, writing, format, language)) return this.#last.joined;
    const joined = this.#find(writing, format, language);
    this.#last = this.#lookOf(writing, format, language, joined);
    return joined;
  }

  #lookOf(
    { withdrawn, recordNos, unreadCount, isReturning, hasRead }: Writing,
    format: NoticeLink['format'],
    language: NoticeLanguage,
    joined: Buffer,
  ): Look | undefined {
    if (withdrawn.length > 0) return undefined;
    const sights: number[] = [];
    for (const recordNo of recordNos) {
      const sight = this.#book.records.sight(recordNo);
      if (sight === undefined) return undefined;
      sights.push(sight);
    }
    return { sights, unreadCount, isReturning, hasRead, format, language, joined };
  }

  #isLike(last: Look, writing: Writing, format: NoticeLink['format'], language: NoticeLanguage): boolean {
    const { recordNos } = writing;
    if (last.unreadCount !== writing.unreadCount || last.sights.length !== recordNos.length) return false;
    if (last.isReturning !== writing.isReturning || last.hasRead !== writing.hasRead) return false;
    if (last.format !== format || last.language !== language || writing.withdrawn.length > 0) return false;
    for (let at = 0; at < recordNos.length; at++) {
      if (this.#book.records.sight(recordNos[at] ?? 0) !== last.sights[at]) return false;
    }
    return true;
  }

  #find(writing: Writing, format: NoticeLink['format'], language: NoticeLanguage): Buffer {
    const { records } = this.#book;
    let key = `${format} ${writing.unreadCount} ${language} ${writing.isReturning} ${writing.hasRead}`;
    for (const { messageId } of writing.withdrawn) key += ` ${messageId}`;
    for (const recordNo of writing.recordNos) key += records.deliveryKey(recordNo);
    const known = this.#known.get(key);
    if (known) return known;
    const joined = this.#encode(writing, format, language);
    if (this.#known.size >= JOINED_LIMIT_COUNT) this.clear();
    this.#known.set(key, joined);
    return joined;
  }

  /** Keeps nothing for the next turn: a record's state may be another one by then. */
  clear(): void {
    this.#known.clear();
    this.#last = undefined;
  }

  #encode(writing: Writing, format: NoticeLink['format'], language: NoticeLanguage): Buffer {
    const deliveries = writing.recordNos.map((recordNo) => this.#book.deliveryOf(recordNo));
    const shown = groupDigests(deliveries).map((group) => ({
      notices: group.map(({ notice }) => notice),
      how: { offset: group[0].place, language, isOffline: group[0].isOffline || writing.isReturning },
    }));
    return format === 'native' ? nativeOf(writing, shown) : plainOf(writing, shown);
  }
}

type Shown = { readonly notices: readonly LiveNotice[]; readonly how: Parameters<typeof frameOf>[1] };

function plainOf({ withdrawn, unreadCount }: Writing, shown: readonly Shown[]): Buffer {
  return Buffer.concat([
    ...withdrawn.map(({ plainFrame }) => plainFrame),
    ...shown.map(({ notices, how }) => preparedOf(notices, how)),
    preparedUnread(unreadCount),
  ]);
}

/** A count alone tells our client to ask what was read: beside something else it goes in a frame of its own. */
function nativeOf({ withdrawn, unreadCount, hasRead }: Writing, shown: readonly Shown[]): Buffer {
  const countOnly = (): Buffer => preparedNative({ notices: [], withdrawn: [], unreadCount });
  if (withdrawn.length === 0 && shown.length === 0) return countOnly();
  const notices = shown.map(({ notices, how }) => frameOf(notices, how));
  const news = preparedNative({ notices, withdrawn: withdrawn.map(({ messageId }) => messageId), unreadCount });
  return hasRead ? Buffer.concat([news, countOnly()]) : news;
}
