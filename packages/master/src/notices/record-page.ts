import {
  emptyHeads,
  type HeldCell,
  type PageBody,
  type PageHeads,
  RECORDS_PER_PAGE,
} from '../log/record-page-layout.ts';

import { FLAGS_LIMIT } from './record-flags.ts';

/** A record that is or was held: its place in the user's stream (0 = still held), and until when. */
export type Holding = { readonly place: number; readonly heldUntil: number };

/** So many records in a row. Its columns grow to the full page at once; `count` says how many are in use. */
export class RecordPage {
  readonly no: number;
  readonly heads: PageHeads;
  /** For each record, which notice of `RecordRuns` it belongs to. */
  readonly runNos = new Uint32Array(RECORDS_PER_PAGE);
  /** For each record, the number of the same user's record before it; -1 = it is the user's first. */
  readonly before = new Int32Array(RECORDS_PER_PAGE);
  /** How often each was written to a socket since the process started. */
  readonly sends = new Uint8Array(RECORDS_PER_PAGE);
  readonly held = new Map<number, Holding>();
  /** 1 for each combination of flags that a record of it has or had. */
  readonly #seen = new Uint8Array(FLAGS_LIMIT);
  count = 0;
  /** Absent while it is only on disk. */
  body: PageBody | undefined;

  private constructor(no: number, heads: PageHeads, body: PageBody | undefined) {
    this.no = no;
    this.heads = heads;
    this.body = body;
  }

  /** `body` is empty. */
  static empty(no: number, body: PageBody): RecordPage {
    return new RecordPage(no, emptyHeads(), body);
  }

  /** As stored; the body stays on disk. */
  static stored(no: number, heads: PageHeads, held: readonly HeldCell[]): RecordPage {
    const page = new RecordPage(no, heads, undefined);
    for (const [offset, place, heldUntil] of held) page.held.set(offset, { place, heldUntil });
    return page;
  }

  setFlags(offset: number, flags: number): void {
    this.heads.flags[offset] = flags;
    this.#seen[flags] = 1;
  }

  /** Whether a record of it may be in one of these states (1 for each that is wanted); false is certain. */
  mayHave(wanted: Uint8Array): boolean {
    return this.#seen.some((isSeen, flags) => isSeen === 1 && wanted[flags] === 1);
  }

  heldCells(): readonly HeldCell[] {
    return [...this.held].map(([offset, { place, heldUntil }]) => [offset, place, heldUntil] as const);
  }
}
