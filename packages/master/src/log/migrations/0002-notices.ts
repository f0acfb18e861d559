import type { Migration } from './migration.ts';

/**
 * Notices, their receive records, and the settings of the notification hub, as folded from the log up to the place
 * `notice_state_seq` in `meta`.
 *
 * A notice's `no` is the place of the row that accepted it; users have small numbers, so that a million records and their
 * indexes stay small. `flags` is what the lists filter by, packed (`notices/record-flags.ts`); it is in every index, so that
 * a count or a page never reads more than the index. `place` is where the record stands in its user's stream: the row that
 * made it deliverable, 0 while it is held. An absent time is 0, and stays out of the index of that time.
 */
export const notices: Migration = {
  version: 2,
  statements: [
    `CREATE TABLE notices (
      no INTEGER PRIMARY KEY, message_id TEXT NOT NULL UNIQUE, sender_id TEXT NOT NULL, key TEXT,
      type TEXT NOT NULL, target TEXT NOT NULL, priority INTEGER NOT NULL, status TEXT NOT NULL, at INTEGER NOT NULL,
      is_open INTEGER NOT NULL, counts TEXT NOT NULL, body TEXT NOT NULL
    ) STRICT`,
    `CREATE UNIQUE INDEX notices_by_key ON notices (sender_id, key) WHERE key IS NOT NULL`,
    `CREATE INDEX notices_open ON notices (no) WHERE is_open = 1`,
    `CREATE INDEX notices_by_time ON notices (at, no)`,
    `CREATE INDEX notices_by_type ON notices (type, no)`,
    `CREATE INDEX notices_by_target ON notices (target, no)`,
    `CREATE INDEX notices_by_status ON notices (status, no)`,
    `CREATE INDEX notices_by_priority ON notices (priority, no)`,
    `CREATE TABLE notice_users (
      no INTEGER PRIMARY KEY, user_id TEXT NOT NULL UNIQUE, username TEXT NOT NULL, online_ms INTEGER NOT NULL
    ) STRICT`,
    `CREATE TABLE notice_records (
      notice_no INTEGER NOT NULL, user_no INTEGER NOT NULL, place INTEGER NOT NULL, flags INTEGER NOT NULL,
      role TEXT NOT NULL, created_at INTEGER NOT NULL, received_at INTEGER NOT NULL, read_at INTEGER NOT NULL,
      confirmed_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, held_until INTEGER NOT NULL, retry_count INTEGER NOT NULL,
      device TEXT, error TEXT,
      PRIMARY KEY (notice_no, user_no)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX notice_records_by_user ON notice_records (user_no, place, notice_no, flags)`,
    `CREATE INDEX notice_records_by_flags ON notice_records (flags, notice_no, user_no)`,
    `CREATE INDEX notice_records_by_receipt ON notice_records (received_at, notice_no, user_no, flags)
      WHERE received_at > 0`,
    `CREATE INDEX notice_records_by_reading ON notice_records (read_at, notice_no, user_no, flags) WHERE read_at > 0`,
    `CREATE INDEX notice_records_by_confirming ON notice_records (confirmed_at, notice_no, user_no, flags)
      WHERE confirmed_at > 0`,
    `CREATE INDEX notice_records_pending ON notice_records (notice_no, user_no, place, held_until) WHERE flags < 16`,
    `CREATE TABLE notice_settings (
      kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)
    ) STRICT, WITHOUT ROWID`,
  ],
};
