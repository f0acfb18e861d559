import type { NoticeBook } from './notice-book.ts';

/**
 * The ids of notices, by records of them. Thousands of users acknowledge the same notices one after the other: as long as they do,
 * the list is made once and shared.
 */
export class NoticeIds {
  readonly #book: NoticeBook;
  #noticeNos: readonly number[] = [];
  #messageIds: readonly string[] = [];

  constructor(book: NoticeBook) {
    this.#book = book;
  }

  /** In the order of the records. Nobody writes into it. */
  of(recordNos: readonly number[]): readonly string[] {
    if (!this.#areLast(recordNos)) {
      this.#noticeNos = recordNos.map((recordNo) => this.#book.records.noticeNo(recordNo));
      this.#messageIds = recordNos.map((recordNo) => this.#book.noticeOf(recordNo).messageId);
    }
    return this.#messageIds;
  }

  #areLast(recordNos: readonly number[]): boolean {
    if (recordNos.length !== this.#noticeNos.length) return false;
    const { records } = this.#book;
    for (let at = 0; at < recordNos.length; at++) {
      if (records.noticeNo(recordNos[at] ?? 0) !== this.#noticeNos[at]) return false;
    }
    return true;
  }
}
