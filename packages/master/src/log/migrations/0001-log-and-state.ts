import type { Migration } from './migration.ts';

/**
 * The log, and the current state that a restart loads instead of replaying years of log.
 *
 * Accounts and topics have small numbers so that a million items and their indexes stay small. `scope` is the account's
 * number times two, plus one for messages: with the platform's id it is an item's key. Account numbers are never used
 * again, so rows of a removed account can be swept later without being seen. `unread` may say 1 for an item that the topic's
 * marks have passed since, never 0 for an unread one. `end_bytes` is the running total of the log's text up to a row.
 */
export const logAndState: Migration = {
  version: 1,
  statements: [
    `CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,
    `CREATE TABLE log (
      seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, end_bytes INTEGER NOT NULL, text TEXT NOT NULL
    ) STRICT`,
    `CREATE TABLE accounts (
      no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, body TEXT NOT NULL
    ) STRICT`,
    `CREATE TABLE removed_accounts (no INTEGER PRIMARY KEY) STRICT`,
    `CREATE TABLE topics (
      no INTEGER PRIMARY KEY, account_no INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
      item_count INTEGER NOT NULL, last TEXT, body TEXT NOT NULL,
      UNIQUE (account_no, kind, id)
    ) STRICT`,
    `CREATE TABLE items (
      scope INTEGER NOT NULL, id TEXT NOT NULL, topic_no INTEGER NOT NULL, at INTEGER NOT NULL,
      arrived_seq INTEGER NOT NULL, unread INTEGER NOT NULL, body TEXT NOT NULL,
      UNIQUE (scope, id)
    ) STRICT`,
    `CREATE INDEX items_by_topic ON items (topic_no, at, id)`,
    `CREATE INDEX items_unread ON items (topic_no, id, at, arrived_seq) WHERE unread = 1`,
    `CREATE TABLE replies (
      id TEXT PRIMARY KEY, account_no INTEGER NOT NULL, user_id TEXT NOT NULL, key TEXT NOT NULL,
      shown INTEGER NOT NULL, body TEXT NOT NULL
    ) STRICT`,
    `CREATE INDEX replies_by_key ON replies (user_id, key)`,
    `CREATE INDEX replies_by_account ON replies (account_no)`,
    `CREATE INDEX replies_shown ON replies (account_no) WHERE shown = 1`,
    `CREATE TABLE early_answers (
      account_no INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (account_no, id)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE workers (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  ],
};
