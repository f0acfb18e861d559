/** What an import took, what was there already, and what it could not take. */
export type TableReport = {
  /** Rows in the file. */
  found: number;
  /** Stored by this run. */
  taken: number;
  /** Known before, with nothing to add. */
  known: number;
  /** Left out; `problems` says why. */
  skipped: number;
};

export type Problem = { readonly table: string; readonly id: string; readonly reason: string };
/** Something that was left out on purpose, for every row alike. */
export type NotTaken = { readonly what: string; readonly count: number; readonly reason: string };

/** Problems listed one by one; the rest is counted. */
export const PROBLEMS_LIMIT_COUNT = 100;

export const REPORTED = [
  'accounts',
  'contents',
  'conversations',
  'comments',
  'messages',
  'replies',
  'proxies',
  'workerConfigs',
] as const;
export type Reported = (typeof REPORTED)[number];
type Unread = { readonly comments: number; readonly messages: number };

/** What a run reports, for people and for programs. */
export type ImportResult = {
  readonly source: string;
  readonly isDryRun: boolean;
  readonly tables: Readonly<Record<Reported, TableReport>>;
  /** Logins sealed, and items marked read. */
  readonly sealedLoginCount: number;
  readonly readItemCount: number;
  /** By the existing system's rule in the file, and by ours in the store afterwards, over the same accounts. */
  readonly unread: { readonly before: Unread; readonly after: Unread };
  readonly notTaken: readonly NotTaken[];
  readonly problems: readonly Problem[];
  /** More than are listed. */
  readonly problemCount: number;
};

/** Collects while a run goes on. */
export class ImportReport {
  readonly tables: Record<Reported, TableReport>;
  sealedLoginCount = 0;
  readItemCount = 0;
  readonly unreadBefore = { comments: 0, messages: 0 };
  readonly #problems: Problem[] = [];
  #problemCount = 0;
  readonly #notTaken: NotTaken[] = [];

  constructor() {
    const none = (): TableReport => ({ found: 0, taken: 0, known: 0, skipped: 0 });
    this.tables = Object.fromEntries(REPORTED.map((name) => [name, none()])) as Record<Reported, TableReport>; // one for each
  }

  /** One row was left out. The reason holds no text of messages. */
  skip(table: Reported, id: unknown, reason: string): void {
    this.tables[table].skipped += 1;
    this.note(table, id, reason);
  }

  /** Something about a row that was taken all the same. */
  note(table: string, id: unknown, reason: string): void {
    this.#problemCount += 1;
    if (this.#problems.length < PROBLEMS_LIMIT_COUNT)
      this.#problems.push({ table, id: String(id ?? '').slice(0, 200), reason });
  }

  leaveOut(what: string, count: number, reason: string): void {
    if (count > 0) this.#notTaken.push({ what, count, reason });
  }

  result(run: { readonly source: string; readonly isDryRun: boolean; readonly unreadAfter: Unread }): ImportResult {
    return {
      source: run.source,
      isDryRun: run.isDryRun,
      tables: this.tables,
      sealedLoginCount: this.sealedLoginCount,
      readItemCount: this.readItemCount,
      unread: { before: this.unreadBefore, after: run.unreadAfter },
      notTaken: this.#notTaken,
      problems: this.#problems,
      problemCount: this.#problemCount,
    };
  }
}
