import type { Comment } from './comment.ts';

/**
 * The comments of one work. Seeded comments are made on first use, so a world of a thousand works, one of them with ten
 * thousand comments, costs nothing until it is looked at; the count is known before.
 */
export class CommentShelf {
  readonly #byCid = new Map<string, Comment>();
  readonly #repliesOf = new Map<string, Comment[]>();
  #top: Comment[] = [];
  #make: (() => Comment[]) | undefined;
  #count: number;

  constructor(seededCount: number, make: () => Comment[]) {
    this.#count = seededCount;
    this.#make = make;
  }

  /** Visible comments of both levels: what the works list calls comment_count. */
  get count(): number {
    return this.#count;
  }

  find(cid: string): Comment | undefined {
    this.#load();
    return this.#byCid.get(cid);
  }

  /** Level 1: pinned first, then newest first; without those that were deleted. */
  top(): Comment[] {
    this.#load();
    return [...this.#top.filter((c) => c.isPinned), ...this.#top.filter((c) => !c.isPinned)];
  }

  /** Level 2 under one comment, oldest first. */
  replies(cid: string): readonly Comment[] {
    this.#load();
    return this.#repliesOf.get(cid) ?? [];
  }

  add(comment: Comment): void {
    this.#load();
    this.#insert(comment);
    this.#count += 1;
  }

  /** Takes a comment, and the replies under it, out of every list. */
  remove(cid: string): boolean {
    this.#load();
    const comment = this.#byCid.get(cid);
    if (!comment) return false;
    const replies = this.#repliesOf.get(cid) ?? [];
    for (const gone of [comment, ...replies]) this.#byCid.delete(gone.cid);
    this.#repliesOf.delete(cid);
    this.#count -= 1 + replies.length;
    if (comment.level === 1) this.#top = this.#top.filter((c) => c.cid !== cid);
    else
      this.#repliesOf.set(
        comment.replyId,
        this.replies(comment.replyId).filter((c) => c.cid !== cid),
      );
    return true;
  }

  #load(): void {
    const make = this.#make;
    if (!make) return;
    this.#make = undefined;
    for (const comment of make()) this.#insert(comment);
    this.#count = this.#byCid.size;
  }

  #insert(comment: Comment): void {
    this.#byCid.set(comment.cid, comment);
    if (comment.level === 1) {
      insertSorted(this.#top, comment, (a, b) => b.createdMs - a.createdMs);
      return;
    }
    const list = this.#repliesOf.get(comment.replyId) ?? [];
    insertSorted(list, comment, (a, b) => a.createdMs - b.createdMs);
    this.#repliesOf.set(comment.replyId, list);
  }
}

function insertSorted(list: Comment[], item: Comment, compare: (a: Comment, b: Comment) => number): void {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = list[middle];
    if (at && compare(at, item) < 0) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, item);
}
