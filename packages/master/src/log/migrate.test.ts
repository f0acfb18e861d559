import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { MIGRATIONS, migrate } from './migrate.ts';
import type { Migration } from './migrations/migration.ts';

const schemaOf = (db: DatabaseSync): unknown =>
  db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all();

test('[LG19] a fresh file and one that was migrated step by step have the same schema', () => {
  const fresh = new DatabaseSync(':memory:');
  migrate(fresh);
  const stepped = new DatabaseSync(':memory:');
  MIGRATIONS.forEach((_step, index) => {
    migrate(stepped, MIGRATIONS.slice(0, index + 1));
  });
  expect(schemaOf(stepped)).toEqual(schemaOf(fresh));
  migrate(fresh);
  expect(schemaOf(stepped)).toEqual(schemaOf(fresh));
});

test('[LG19] steps count from 1 without gaps', () => {
  expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_step, index) => index + 1));
});

test('[LG19] a file of a newer program is refused, and a step that fails leaves nothing behind', () => {
  const db = new DatabaseSync(':memory:');
  db.exec('PRAGMA user_version = 99');
  expect(() => migrate(db)).toThrow('start the newer program');
  const broken: Migration = { version: 100, statements: ['CREATE TABLE half (a)', 'CREATE TABLE half (a)'] };
  expect(() => migrate(db, [broken])).toThrow('half');
  expect(schemaOf(db)).toEqual([]);
  expect(db.isTransaction).toBe(false);
});
