/**
 * What became of each reply, on disk before each step, so that no crash can make the machine send twice:
 * `queued → claimed → announced → attempted → settled`. Up to `claimed` the reply may be tried again; `announced` = the Master
 * is being told of the attempt, and nothing has touched the page's send button; from `attempted` on it may have been sent,
 * and only reading the page or a person says so.
 */
import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId, ReplyId } from '@hiscrm/shared/model/ids.ts';
import type { ReplyOutcome } from '@hiscrm/shared/model/reply.ts';
import type { ReplyPayload } from '@hiscrm/shared/protocol/worker-link.ts';
import type { WorkerDatabase } from './worker-database.ts';

export type JournalStep = 'queued' | 'claimed' | 'announced' | 'attempted' | 'settled';
export type SettledOutcome = Exclude<ReplyOutcome, { kind: 'reply.attempted' }>;
export type JournalEntry = {
  readonly request: ReplyPayload['reply'];
  readonly step: JournalStep;
  readonly attemptedAt: number | undefined;
  readonly outcome: SettledOutcome | undefined;
  /** How often the page was read for an unknown outcome. */
  readonly checkCount: number;
};

/** Settled replies older than this are forgotten: no Master offers a reply for so long. */
const KEEP_SETTLED_MS = 30 * 24 * 3_600_000;

/** More than any plan of checks has. */
const CHECKS_OVER_COUNT = 1_000;
/** A sent reply that nobody looked for in so long is not looked for any more. */
const CONFIRM_WITHIN_MS = 24 * 3_600_000;

const COLUMNS = 'request, step, attempted_at, outcome, check_count';

export class ReplyJournal {
  readonly #db: WorkerDatabase;
  readonly #clock: Clock;

  constructor(options: { db: WorkerDatabase; clock: Clock }) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#db.sql
      .prepare(`DELETE FROM reply_journal WHERE step = 'settled' AND changed_at < ?`)
      .run(this.#clock.now() - KEEP_SETTLED_MS);
  }

  get(id: ReplyId): JournalEntry | undefined {
    return toEntry(this.#db.sql.prepare(`SELECT ${COLUMNS} FROM reply_journal WHERE reply_id = ?`).get(id));
  }

  /** Writes a reply down that the Master handed over. One that is known stays as it is. */
  queue(request: ReplyPayload['reply']): JournalEntry {
    this.#db.sql
      .prepare(
        `INSERT OR IGNORE INTO reply_journal (reply_id, account_id, request, step, changed_at) VALUES (?, ?, ?, 'queued', ?)`,
      )
      .run(request.id, request.accountId, JSON.stringify(request), this.#clock.now());
    const entry = this.get(request.id);
    if (!entry) throw new Error(`reply ${request.id} was not written down`);
    return entry;
  }

  /** Takes a queued or claimed reply to work on; false for one that may have been sent already. */
  claim(id: ReplyId): boolean {
    return this.#step(id, 'claimed', ['queued', 'claimed']);
  }

  /** Written together with the report of the attempt. */
  announce(id: ReplyId): boolean {
    return this.#step(id, 'announced', ['claimed']);
  }

  /** On disk before the one act that sends. False = it was attempted before, and must not be again. */
  attempt(id: ReplyId): boolean {
    return this.#step(id, 'attempted', ['announced']);
  }

  settle(outcome: SettledOutcome): void {
    this.#db.sql
      .prepare(`UPDATE reply_journal SET step = 'settled', outcome = ?, changed_at = ? WHERE reply_id = ?`)
      .run(JSON.stringify(outcome), this.#clock.now(), outcome.replyId);
  }

  /** One more reading of the page brought no answer. */
  countCheck(id: ReplyId): void {
    this.#db.sql.prepare('UPDATE reply_journal SET check_count = check_count + 1 WHERE reply_id = ?').run(id);
  }

  /** The account's replies that were announced or attempted and have no outcome: the process died in between. */
  interrupted(accountId: AccountId): JournalEntry[] {
    return this.#all(`step IN ('announced', 'attempted') AND account_id = ?`, accountId);
  }

  /** The reply was seen on the page: it is looked for no more. */
  endChecks(id: ReplyId): void {
    this.#db.sql.prepare('UPDATE reply_journal SET check_count = ? WHERE reply_id = ?').run(CHECKS_OVER_COUNT, id);
  }

  /** Replies of the account that may have to be looked for: unknown ones, and those whose only proof is an answer. */
  toCheck(accountId: AccountId): JournalEntry[] {
    return this.#all(
      `step = 'settled' AND account_id = ? AND check_count < ? AND (json_extract(outcome, '$.kind') = 'reply.unknown'
        OR (json_extract(outcome, '$.kind') = 'reply.sent' AND json_extract(outcome, '$.settledBy') IS NULL AND changed_at > ?))`,
      accountId,
      CHECKS_OVER_COUNT,
      this.#clock.now() - CONFIRM_WITHIN_MS,
    );
  }

  #step(id: ReplyId, to: JournalStep, from: readonly JournalStep[]): boolean {
    const now = this.#clock.now();
    const attemptedAt = to === 'attempted' ? now : null;
    const marks = from.map(() => '?').join(', ');
    const result = this.#db.sql
      .prepare(
        `UPDATE reply_journal SET step = ?, attempted_at = ?, changed_at = ? WHERE reply_id = ? AND step IN (${marks})`,
      )
      .run(to, attemptedAt, now, id, ...from);
    return Number(result.changes) === 1;
  }

  #all(where: string, ...values: (string | number)[]): JournalEntry[] {
    return this.#db.sql
      .prepare(`SELECT ${COLUMNS} FROM reply_journal WHERE ${where} ORDER BY changed_at`)
      .all(...values)
      .map(toEntry)
      .filter((entry) => entry !== undefined);
  }
}

function toEntry(row: Record<string, unknown> | undefined): JournalEntry | undefined {
  if (!row) return undefined;
  return {
    request: JSON.parse(String(row.request)), // written by this class from a checked payload
    step: String(row.step) as JournalStep, // written by this class
    attemptedAt: row.attempted_at === null ? undefined : Number(row.attempted_at),
    outcome: row.outcome === null ? undefined : JSON.parse(String(row.outcome)), // likewise
    checkCount: Number(row.check_count),
  };
}
