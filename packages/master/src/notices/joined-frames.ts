import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { groupDigests } from './digest.ts';
import type { NoticeBook } from './notice-book.ts';
import { frameOf, preparedNative, preparedOf, preparedUnread } from './notice-frames.ts';
import type { NoticeLanguage } from './notice-language.ts';
import type { NoticeLink } from './notice-link.ts';

/** Combinations of frames joined in one turn that are kept for others with the same. */
const JOINED_LIMIT_COUNT = 2_000;

/** What one connection is sent in one write. */
export type Writing = {
  /** By ascending place. */
  readonly recordNos: readonly number[];
  readonly unreadCount: number;
  /** It missed them while it was away. */
  readonly isReturning: boolean;
};

/** The bytes of a write. Users with the same notices and the same badge are sent the same ones. */
export class JoinedFrames {
  readonly #book: NoticeBook;
  readonly #languageOf: (userId: UserId) => NoticeLanguage;
  readonly #known = new Map<string, Buffer>();

  constructor(options: { readonly book: NoticeBook; readonly languageOf: (userId: UserId) => NoticeLanguage }) {
    this.#book = options.book;
    this.#languageOf = options.languageOf;
  }

  /** Shared with others until `clear`: nobody writes into it. */
  of(writing: Writing, { format, userId }: NoticeLink): Buffer {
    const { records } = this.#book;
    const language = this.#languageOf(userId);
    let key = `${format} ${writing.unreadCount} ${language} ${writing.isReturning}`;
    for (const recordNo of writing.recordNos) key += records.deliveryKey(recordNo);
    const known = this.#known.get(key);
    if (known) return known;
    const joined = this.#encode(writing, format, language);
    if (this.#known.size >= JOINED_LIMIT_COUNT) this.#known.clear();
    this.#known.set(key, joined);
    return joined;
  }

  /** Keeps nothing for the next turn: a record's state may be another one by then. */
  clear(): void {
    this.#known.clear();
  }

  #encode(writing: Writing, format: NoticeLink['format'], language: NoticeLanguage): Buffer {
    const { recordNos, isReturning, unreadCount } = writing;
    const deliveries = recordNos.map((recordNo) => this.#book.deliveryOf(recordNo));
    const shown = groupDigests(deliveries).map((group) => ({
      notices: group.map(({ notice }) => notice),
      how: { offset: group[0].place, language, isOffline: group[0].isOffline || isReturning },
    }));
    if (format === 'native') {
      const notices = shown.map(({ notices, how }) => frameOf(notices, how));
      return preparedNative({ notices, withdrawn: [], unreadCount });
    }
    return Buffer.concat([...shown.map(({ notices, how }) => preparedOf(notices, how)), preparedUnread(unreadCount)]);
  }
}
