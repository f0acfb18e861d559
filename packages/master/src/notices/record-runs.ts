import { lowerBound } from './lower-bound.ts';

/** The notices that were sent, in the order of their sending: a run of records each. Columns, as there may be millions. */
export class RecordRuns {
  readonly #noticeNos: number[] = [];
  readonly #places: number[] = [];
  readonly #ats: number[] = [];
  readonly #firsts: number[] = [];

  /** Begins the run of a notice at record `first`; its number. */
  begin(run: {
    readonly noticeNo: number;
    readonly place: number;
    readonly at: number;
    readonly first: number;
  }): number {
    this.#noticeNos.push(run.noticeNo);
    this.#places.push(run.place);
    this.#ats.push(run.at);
    return this.#firsts.push(run.first) - 1;
  }

  /** The newest run, when it is of this notice: its records go on in another page. */
  goesOn(noticeNo: number): number | undefined {
    const runNo = this.#noticeNos.length - 1;
    return this.#noticeNos[runNo] === noticeNo ? runNo : undefined;
  }

  noticeNo(runNo: number): number {
    return this.#noticeNos[runNo] ?? 0;
  }
  /** The row that sent it: where its records stand in their users' streams, unless they were held. */
  place(runNo: number): number {
    return this.#places[runNo] ?? 0;
  }
  /** When it was sent (ms UTC). Never goes back from one run to the next. */
  at(runNo: number): number {
    return this.#ats[runNo] ?? 0;
  }

  /** The first record of the first notice that was sent at `at` or later; undefined when there is none. */
  firstFrom(at: number): number | undefined {
    return this.#firsts[lowerBound(this.#ats, at)];
  }
}
