/**
 * How receive records lie on disk. They are numbered in the order in which they were made, from 0 on, and kept in pages of
 * `RECORDS_PER_PAGE`, a row a page: each column is an array of the machine's own numbers (little-endian wherever Node runs).
 * A page holds a million records in a thousand rows, so that a checkpoint writes what changed without an index to keep.
 */
import { assert } from '@hiscrm/shared/lib/must.ts';

export const RECORDS_PER_PAGE = 1_024;

/** The records of one notice that are in a page, in their order. `place` is the row that sent it, `at` when (ms UTC). */
export type PageRun = {
  readonly noticeNo: number;
  readonly place: number;
  readonly at: number;
  readonly count: number;
};
/** A record that is or was held: its offset in the page, its place in the user's stream (0 = still held), and until when. */
export type HeldCell = readonly [offset: number, place: number, heldUntil: number];

/** What is always in memory: whose records these are, and their states. */
export type PageHeads = { readonly userNos: Uint32Array; readonly flags: Uint8Array };
/** What is read when somebody asks. An absent time is 0. */
export type PageBody = {
  readonly receivedAt: Float64Array;
  readonly readAt: Float64Array;
  readonly confirmedAt: Float64Array;
  readonly updatedAt: Float64Array;
  /** Number of the device that acknowledged it; 0 = none. */
  readonly devices: Uint32Array;
  /** First letter of the role that the user had. */
  readonly roles: Uint8Array;
  /** Why it was not delivered: a number of `RECORD_ERRORS`. */
  readonly errors: Uint8Array;
  readonly retries: Uint8Array;
};

const RUN_NUMBERS = 4;

export const emptyHeads = (): PageHeads => ({
  userNos: new Uint32Array(RECORDS_PER_PAGE),
  flags: new Uint8Array(RECORDS_PER_PAGE),
});
export const emptyBody = (): PageBody => ({
  receivedAt: new Float64Array(RECORDS_PER_PAGE),
  readAt: new Float64Array(RECORDS_PER_PAGE),
  confirmedAt: new Float64Array(RECORDS_PER_PAGE),
  updatedAt: new Float64Array(RECORDS_PER_PAGE),
  devices: new Uint32Array(RECORDS_PER_PAGE),
  roles: new Uint8Array(RECORDS_PER_PAGE),
  errors: new Uint8Array(RECORDS_PER_PAGE),
  retries: new Uint8Array(RECORDS_PER_PAGE),
});

type Column = Float64Array | Uint32Array | Uint8Array;
const headColumns = ({ userNos, flags }: PageHeads): readonly Column[] => [userNos, flags];
const bodyColumns = (body: PageBody): readonly Column[] => [
  body.receivedAt,
  body.readAt,
  body.confirmedAt,
  body.updatedAt,
  body.devices,
  body.roles,
  body.errors,
  body.retries,
];

/** The same columns, for another page. */
export function clearBody(body: PageBody): PageBody {
  for (const column of bodyColumns(body)) column.fill(0);
  return body;
}

export const packHeads = (heads: PageHeads, count: number): Uint8Array<ArrayBuffer> => pack(headColumns(heads), count);
export const packBody = (body: PageBody, count: number): Uint8Array<ArrayBuffer> => pack(bodyColumns(body), count);
/** Throws when the bytes are not those of so many records. */
export const unpackHeads = (bytes: Uint8Array, count: number): PageHeads =>
  unpack(emptyHeads(), headColumns, bytes, count);
export const unpackBody = (bytes: Uint8Array, count: number): PageBody =>
  unpack(emptyBody(), bodyColumns, bytes, count);

export function packRuns(runs: readonly PageRun[]): Uint8Array<ArrayBuffer> {
  const numbers = new Float64Array(runs.length * RUN_NUMBERS);
  runs.forEach(({ noticeNo, place, at, count }, index) => {
    numbers.set([noticeNo, place, at, count], index * RUN_NUMBERS);
  });
  return new Uint8Array(numbers.buffer);
}

export function unpackRuns(bytes: Uint8Array): readonly PageRun[] {
  const numbers = new Float64Array(bytes.slice().buffer); // a copy begins where an array of numbers may
  return Array.from({ length: numbers.length / RUN_NUMBERS }, (_, index) => {
    const [noticeNo = 0, place = 0, at = 0, count = 0] = numbers.subarray(
      index * RUN_NUMBERS,
      (index + 1) * RUN_NUMBERS,
    );
    return { noticeNo, place, at, count };
  });
}

/** The first `count` numbers of each column, one column after the other. */
function pack(columns: readonly Column[], count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(columns.reduce((sum, column) => sum + column.BYTES_PER_ELEMENT * count, 0));
  let at = 0;
  for (const column of columns) {
    const length = column.BYTES_PER_ELEMENT * count;
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, length), at);
    at += length;
  }
  return bytes;
}

function unpack<T>(into: T, columnsOf: (of: T) => readonly Column[], bytes: Uint8Array, count: number): T {
  let at = 0;
  for (const column of columnsOf(into)) {
    const length = column.BYTES_PER_ELEMENT * count;
    new Uint8Array(column.buffer, column.byteOffset, length).set(bytes.subarray(at, at + length));
    at += length;
  }
  assert(at === bytes.length, `a page of ${count} receive records has ${at} bytes, not ${bytes.length}`);
  return into;
}
