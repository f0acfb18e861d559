import { systemClock } from '@hiscrm/shared/lib/clock.ts';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { silentLogger } from '../lib/logger.ts';
import { ExternalDirectory } from './external-directory.ts';
import { readDirectory } from './read-directory.ts';
import { sourceOf } from './source-of.ts';
import { PASSWORD, type RealServer, type ServerKind } from './testing/real-server.ts';

/** What differs between the servers. */
export type SourceDialect = {
  readonly kind: ServerKind;
  /** The table `users` of the default query, with its schema before it. */
  readonly table: string;
  /** A query that waits for a minute. */
  readonly slowQuery: string;
  /** A query that tries to change something while it reads. */
  readonly writingQuery: string;
  /** Run as the owner before that. */
  readonly beforeWriting?: string;
};

const DEFAULT_QUERY = 'SELECT id, username, role FROM users WHERE is_active';

/** What every source promises, asked of a real server. */
export function directorySourceContract(name: string, dialect: SourceDialect): void {
  const { kind } = dialect;
  if (!kind.isThere) console.log(`SKIPPED: users in ${name}, because ${kind.why}`);
  describe.skipIf(!kind.isThere)(`users in ${name}`, () => {
    let server: RealServer;
    beforeAll(async () => {
      if (!kind.isThere) return;
      server = await kind.open();
      const columns = 'id bigint primary key, username varchar(200), role varchar(40), is_active boolean not null';
      await server.run(`CREATE TABLE ${dialect.table} (${columns})`);
      await server.run(
        `INSERT INTO ${dialect.table} VALUES (1, '小王 😀', 'admin', true), (9007199254740993, 'big', NULL, true),` +
          ` (3, 'gone', 'sales', false), (4, NULL, 'sales', true)`,
      );
    });
    afterAll(() => server?.close());

    const read = (options: { query?: string; url?: string; limitCount?: number; signal?: AbortSignal } = {}) => {
      const { query = DEFAULT_QUERY, url = server.url, ...rest } = options;
      return readDirectory({ source: sourceOf({ url, query }), clock: systemClock, ...rest });
    };

    test('the documented query gives the users, with ids above 2^53 and every script', async () => {
      const { people, refusedCount, refused } = await read();
      expect([...people].sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
        { id: '1', username: '小王 😀', role: 'admin', grants: [] },
        { id: '9007199254740993', username: 'big', role: '', grants: [] },
      ]);
      expect({ refusedCount, refused }).toMatchObject({
        refusedCount: 1,
        refused: [{ id: '4', reason: 'the username is empty' }],
      });
    });

    test('a query of one’s own may join, order, name its columns and end in a comment', async () => {
      const query = `WITH a AS (SELECT * FROM users WHERE is_active)\nSELECT id, concat('u', id) AS username, 'x' AS role FROM a ORDER BY id -- all`;
      expect((await read({ query })).people.map(({ username }) => username)).toEqual(['u1', 'u4', 'u9007199254740993']);
    });

    test('more rows than allowed are refused as a whole', async () => {
      await expect(read({ limitCount: 2 })).rejects.toThrow('more than 2 rows');
      expect((await read({ limitCount: 3 })).people).toHaveLength(2);
    });

    test('what the server refuses is said, without the password', async () => {
      await expect(read({ query: 'SELECT id, username FROM nowhere' })).rejects.toThrow(/nowhere/);
      const wrong = server.url.replace(encodeURIComponent(PASSWORD), 'hunter2');
      const error: unknown = await read({ url: wrong }).catch((reason: unknown) => reason);
      expect(String(error)).toMatch(/password|denied/i);
      expect(String(error)).not.toMatch(/hunter2/);
    });

    test('a query that writes changes nothing', async () => {
      if (dialect.beforeWriting !== undefined) await server.run(dialect.beforeWriting);
      await expect(read({ query: dialect.writingQuery })).rejects.toThrow(/read.only/i);
    });

    test('a read is ended while the server works on it', async () => {
      const stop = new AbortController();
      const reading = read({ query: dialect.slowQuery, signal: stop.signal });
      stop.abort(new Error('enough'));
      await expect(reading).rejects.toThrow('enough');
    });

    test('[NO33] a server that goes away leaves its last list, and is read again when it is back', async () => {
      const source = sourceOf({ url: server.url, query: DEFAULT_QUERY });
      const directory = new ExternalDirectory({ source, ttlMs: 20, clock: systemClock, lc: silentLogger });
      onTestFinished(() => directory.close());
      const state = () => directory.figures().state;
      await expect.poll(state).toBe('fresh');
      await server.stop();
      await expect.poll(state).toBe('stale');
      expect(directory.people()).toHaveLength(2);
      await server.start();
      await expect.poll(state).toBe('fresh');
      expect(directory.figures().lastError).toBeUndefined();
    });
  });
}
