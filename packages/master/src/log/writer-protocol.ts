/** What the event loop's thread and the writing thread say to each other. Jobs are done, and answered, in order. */

/** `no, id, version, body` */
export type AccountRow = readonly [no: number, id: string, version: number, body: string];
export type TopicRow = readonly [
  no: number,
  accountNo: number,
  kind: string,
  id: string,
  itemCount: number,
  last: string | null,
  body: string,
];
export type ItemRow = readonly [
  scope: number,
  id: string,
  topicNo: number,
  at: number,
  arrivedSeq: number,
  unread: 0 | 1,
  body: string,
];
export type ReplyRow = readonly [
  id: string,
  accountNo: number,
  userId: string,
  key: string,
  shown: 0 | 1,
  body: string,
];
/** Clears the unread flag of a topic's items that arrived up to a place or were written up to a time. */
export type SweepRow = readonly [topicNo: number, readUpToSeq: number, answeredAt: number];

/** The records that changed since the batch before, as they are after the row `stateSeq`. */
export type StateBatch = {
  readonly stateSeq: number;
  readonly removedAccountNos: readonly number[];
  readonly accounts: readonly AccountRow[];
  readonly topics: readonly TopicRow[];
  readonly items: readonly ItemRow[];
  readonly sweeps: readonly SweepRow[];
  readonly replies: readonly ReplyRow[];
  readonly earlyAnswers: readonly (readonly [accountNo: number, id: string])[];
  readonly workers: readonly (readonly [id: string, body: string])[];
};

export type NoticeRow = readonly [
  no: number,
  messageId: string,
  senderId: string,
  key: string | null,
  type: string,
  target: string,
  priority: number,
  status: string,
  at: number,
  isOpen: 0 | 1,
  body: string,
];
export type NoticeUserRow = readonly [no: number, userId: string, username: string, onlineMs: number];
/**
 * A page of receive records; `record-page-layout.ts` has the columns. Its bytes are handed over to the thread, not copied: who
 * posts it has them no more.
 */
export type RecordPageRow = readonly [
  pageNo: number,
  runs: Uint8Array<ArrayBuffer>,
  held: string | null,
  heads: Uint8Array<ArrayBuffer>,
  body: Uint8Array<ArrayBuffer>,
];
export type NoticeDeviceRow = readonly [no: number, connectionId: string, address: string, agent: string];

/** Notice state that changed. A large checkpoint is many batches; only the last one moves the place. */
export type NoticeBatch = {
  /** The place, and how many receive records there were at it. */
  readonly reached: { readonly stateSeq: number; readonly recordCount: number } | undefined;
  readonly users: readonly NoticeUserRow[];
  readonly notices: readonly NoticeRow[];
  readonly pages: readonly RecordPageRow[];
  readonly devices: readonly NoticeDeviceRow[];
  readonly settings: readonly (readonly [kind: string, id: string, body: string | null])[];
};

export type WriterJob =
  /** Consecutive rows from `firstSeq` on. */
  | { readonly kind: 'append'; readonly firstSeq: number; readonly at: number; readonly texts: readonly string[] }
  /** Items of the next `saveState`, ahead of it: nothing of them is on disk before that. */
  | { readonly kind: 'stageItems'; readonly items: readonly ItemRow[] }
  | { readonly kind: 'saveState'; readonly batch: StateBatch }
  | { readonly kind: 'saveNotices'; readonly batch: NoticeBatch }
  | { readonly kind: 'trim'; readonly upToSeq: number }
  | { readonly kind: 'close' };

/** The memory outside the heap that goes with a job: handed over to the thread, which lets it go when the job is done. */
export function memoryOf(job: WriterJob): readonly ArrayBuffer[] {
  if (job.kind !== 'saveNotices') return [];
  return job.batch.pages.flatMap(([, runs, , heads, body]) => [runs.buffer, heads.buffer, body.buffer]);
}

export type JobAnswer = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** What the log looked like when the thread had opened the database. */
export type WriterReady = {
  readonly kind: 'ready';
  readonly epoch: string;
  readonly headSeq: number;
  readonly trimmedSeq: number;
  readonly newestAt: number;
  readonly stateSeq: number;
};

export type FromWriter =
  | WriterReady
  /** Answers of consecutive jobs that shared one commit. */
  | { readonly kind: 'answers'; readonly answers: readonly JobAnswer[] }
  | { readonly kind: 'openFailed'; readonly reason: string };
