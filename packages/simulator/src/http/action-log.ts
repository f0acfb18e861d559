/** Oldest entries go first when the log is full; `dropped` says how many went. */
const MAX_ENTRIES = 20_000;

export type LogEntry = {
  n: number;
  /** Virtual time. */
  atMs: number;
  /** `request`, or an action: comment_reply, dm_send, open_conversation, comment_like, comment_delete, login, logout, sms_code. */
  kind: string;
  account?: string | undefined;
  result?: 'accepted' | 'refused' | 'silent_drop' | undefined;
  /** Exact text of an action. */
  text?: string | undefined;
  target?: { work?: string | undefined; comment?: string | undefined; conversation?: string | undefined } | undefined;
  ids?: { cid?: string | undefined; serverId?: string | undefined } | undefined;
  code?: number | undefined;
  method?: string | undefined;
  path?: string | undefined;
  /** The page of a list that a request asked for. */
  cursor?: string | undefined;
  status?: number | undefined;
  fault?: string | undefined;
};
export type LogFilter = {
  kind?: string | undefined;
  account?: string | undefined;
  since?: number | undefined;
  result?: string | undefined;
};

/** What was asked of the simulator and what it did, in order. */
export class ActionLog {
  readonly #nowMs: () => number;
  #entries: LogEntry[] = [];
  #counter = 0;
  #dropped = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  add(entry: Omit<LogEntry, 'n' | 'atMs'>): LogEntry {
    this.#counter += 1;
    const full: LogEntry = { n: this.#counter, atMs: this.#nowMs(), ...entry };
    this.#entries.push(full);
    if (this.#entries.length > MAX_ENTRIES) {
      const surplus = this.#entries.length - Math.floor(MAX_ENTRIES * 0.9);
      this.#entries.splice(0, surplus);
      this.#dropped += surplus;
    }
    return full;
  }

  /** Entries after `since` that fit, oldest first. Without a kind, requests are included. */
  read(filter: LogFilter): { entries: LogEntry[]; dropped: number; last: number } {
    const entries = this.#entries.filter(
      (entry) =>
        entry.n > (filter.since ?? 0) &&
        (filter.kind === undefined || entry.kind === filter.kind) &&
        (filter.account === undefined || entry.account === filter.account) &&
        (filter.result === undefined || entry.result === filter.result),
    );
    return { entries, dropped: this.#dropped, last: this.#counter };
  }
}
