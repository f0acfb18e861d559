import type { CommentFacts } from '@hiscrm/shared/model/facts.ts';
import type { Locator, Page } from 'playwright-core';
import type { Op } from '../../lib/op.ts';
import type { FactOf } from '../fact.ts';
import type { Answer, Listening } from './answer-bus.ts';
import { commentPageOf, SELECTORS, WORDS } from './contract.ts';
import type { Desk } from './desk.ts';
import { type WalkEnd, walkList } from './list-walk.ts';
import { inPage, readCommentRows } from './page/in-page.ts';
import { parseComments } from './parse/parse-comments.ts';

type CommentFact = FactOf<'comment'>;
/** A comment row as the page shows it. `parent` is the index of the row it hangs under, -1 on the first level. */
export type ShownRow = {
  readonly index: number;
  readonly parent: number;
  readonly name: string;
  readonly text: string;
};

/** The comment page, open on one work: its answers, its rows, its answer lists. Close it when done. */
export class CommentPage {
  readonly page: Page;
  readonly workId: string;
  readonly #desk: Desk;
  readonly #list: Listening;

  private constructor(desk: Desk, page: Page, workId: string, list: Listening) {
    this.#desk = desk;
    this.page = page;
    this.workId = workId;
    this.#list = list;
  }

  static async open(op: Op, desk: Desk, page: Page, workId: string): Promise<CommentPage> {
    const list = desk.bus.listen(
      page,
      'comments',
      (answer) => answer.tapped.url.searchParams.get('aweme_id') === workId,
    );
    try {
      await desk.visit(op, page, desk.creator(commentPageOf(workId)));
      return new CommentPage(desk, page, workId, list);
    } catch (error) {
      list.stop();
      throw error;
    }
  }

  close(): void {
    this.#list.stop();
  }

  /** Walks the first-level comments, with the previews inside them. */
  async walk(
    op: Op,
    isEnough?: (rows: readonly CommentFact[]) => boolean,
  ): Promise<{ rows: CommentFact[]; end: WalkEnd }> {
    return walkList(op, this.#desk, {
      page: this.page,
      listening: this.#list,
      parse: (answer) => this.#parse(answer),
      idOf: (row) => row.facts.id,
      isEnough,
    });
  }

  /**
   * Opens the answers under a comment and walks them. Undefined when its row is not shown, or cannot be told from another.
   * For reading alone `place` says which of the rows that look alike it is; nothing may be written on that ground.
   */
  async walkReplies(
    op: Op,
    parent: CommentFacts,
    options: { isEnough?: (rows: readonly CommentFact[]) => boolean; place?: number } = {},
  ): Promise<{ rows: CommentFact[]; end: WalkEnd; row: ShownRow } | undefined> {
    const alike = await this.#alike(op, parent, -1);
    const row = options.place === undefined && alike.length > 1 ? undefined : alike[options.place ?? 0];
    if (row === undefined) return undefined;
    const { page } = this;
    const listening = this.#desk.bus.listen(
      page,
      'replies',
      (answer) => answer.tapped.url.searchParams.get('comment_id') === parent.id,
    );
    const node = this.row(row.index);
    try {
      const opener = node.getByText(WORDS.showReplies).first();
      if (!(await op.race(opener.isVisible()))) {
        const isOpen = await op.race(node.getByText(WORDS.collapse, { exact: true }).first().isVisible());
        if (!isOpen) return { rows: [], end: 'complete', row };
        // Already open: closing and opening again makes the page ask anew.
        await op.race(
          node
            .getByText(WORDS.collapse, { exact: true })
            .first()
            .click({ timeout: op.leftMs(this.#desk.env.pacing.patienceMs) }),
        );
      }
      await op.race(opener.click({ timeout: op.leftMs(this.#desk.env.pacing.patienceMs) }));
      const walked = await walkList(op, this.#desk, {
        page,
        listening,
        parse: (answer) => this.#parse(answer, parent.id),
        idOf: (reply) => reply.facts.id,
        advance: () => this.#showMore(op, node),
        isEnough: options.isEnough,
      });
      return { ...walked, row };
    } finally {
      listening.stop();
    }
  }

  /** The one row that shows this comment; `ambiguous` when two look alike, undefined when none does. */
  async findRow(op: Op, comment: CommentFacts, parentIndex: number): Promise<ShownRow | 'ambiguous' | undefined> {
    const alike = await this.#alike(op, comment, parentIndex);
    return alike.length > 1 ? 'ambiguous' : alike[0];
  }

  /** The rows that show the comment's name and text, in the page's order. */
  async #alike(op: Op, comment: CommentFacts, parentIndex: number): Promise<ShownRow[]> {
    const wantedName = comment.author?.name ?? '';
    const wantedText = normal(comment.text ?? '');
    if (wantedName === '') return [];
    const found = await this.#desk.until(op, this.#desk.env.pacing.patienceMs / 4, async () => {
      const alike = (await this.rows(op)).filter(
        (row) => row.parent === parentIndex && row.name === wantedName && normal(row.text) === wantedText,
      );
      return alike.length > 0 ? alike : undefined;
    });
    return found ?? [];
  }

  async rows(op: Op): Promise<ShownRow[]> {
    const program = inPage(readCommentRows, {
      row: SELECTORS.commentRow,
      name: SELECTORS.commentName,
      text: SELECTORS.commentText,
    });
    // What the function in this repository returns.
    return (await op.race(this.page.evaluate(program))) as ShownRow[];
  }

  row(index: number): Locator {
    return this.page.locator(SELECTORS.commentRow).nth(index);
  }

  async #showMore(op: Op, node: Locator): Promise<boolean> {
    const more = node.getByText(WORDS.moreReplies, { exact: true }).last();
    const isThere = await this.#desk.until(op, this.#desk.env.pacing.patienceMs / 3, async () =>
      (await more.isVisible()) ? true : undefined,
    );
    if (!isThere) return false;
    await op.race(more.click({ timeout: op.leftMs(this.#desk.env.pacing.patienceMs) }));
    return true;
  }

  #parse(answer: Answer, parentId?: string): ReturnType<typeof parseComments> {
    const body = 'body' in answer.verdict ? answer.verdict.body : undefined;
    const source = { ...this.#desk.parseContext, source: 'api' as const };
    return parseComments(body, source, { workId: this.workId, parentId });
  }
}

/** Text as two renderings of it agree: one kind of space, one kind of line end, no edges. */
export const normal = (text: string): string => text.replace(/[\s\u00a0\u200b]+/g, ' ').trim();

/** Whether a list or the page state showed it, and not only the answer to the very act that sent it. */
export const isSeen = (facts: { readonly source: string; readonly state?: string | undefined }): boolean =>
  facts.source !== 'reply' && facts.state !== 'deleted';

/** Which of the first-level comments with the same name and text it is, in the list's order, which is the page's. */
export function placeAmongAlike(comment: CommentFacts, rows: readonly CommentFact[]): number {
  const alike = rows.filter(
    ({ facts }) =>
      facts.parentId === undefined &&
      facts.author?.name === comment.author?.name &&
      normal(facts.text ?? '') === normal(comment.text ?? ''),
  );
  return Math.max(
    0,
    alike.findIndex(({ facts }) => facts.id === comment.id),
  );
}
