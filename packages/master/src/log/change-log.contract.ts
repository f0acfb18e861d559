import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, Seq } from '@hiscrm/shared/model/ids.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChangeLog, LoggedRow, OnDurable } from './change-log.ts';

/** One place where logs live: opening twice gives the same log, where it outlives its object. */
export type LogPlace = {
  readonly open: (clock: FakeClock, onDurable: OnDurable) => Promise<ChangeLog>;
  /** False for a log that is gone with its object. */
  readonly isLasting: boolean;
  readonly remove: () => void;
};

const change = (no: number): Change => ({
  kind: 'account.synced',
  accountId: 'acc-1' as AccountId, // any fits the schema
  at: no,
});
const changes = (count: number, from = 0): Change[] => Array.from({ length: count }, (_, no) => change(from + no));
const seqsOf = (rows: readonly LoggedRow[] | 'tooOld'): unknown =>
  rows === 'tooOld' ? rows : rows.map((row) => row.seq);
const seq = (value: number): Seq => value as Seq; // tests name places by number

/** What every `ChangeLog` promises; rules in docs/spec/log.md. */
export function registerChangeLogContract(name: string, makePlace: () => LogPlace): void {
  describe(`change log: ${name}`, () => {
    let place: LogPlace;
    let clock: FakeClock;
    let log: ChangeLog;
    let durable: LoggedRow[];

    beforeEach(async () => {
      place = makePlace();
      clock = new FakeClock();
      durable = [];
      log = await place.open(clock, (rows) => durable.push(...rows));
    });
    afterEach(async () => {
      await log.close();
      place.remove();
    });

    test('[LG1] seqs start at 1, have no gaps and follow the order of the appends', async () => {
      expect(log.head()).toBe(0);
      expect(log.firstSeq()).toBe(1);
      const appended = await Promise.all([log.append(changes(3)), log.append(changes(1)), log.append(changes(2))]);
      expect(appended.map(seqsOf)).toEqual([[1, 2, 3], [4], [5, 6]]);
      expect(log.head()).toBe(6);
    });

    test('[LG2] rows are handed on once, in order, before their append resolves', async () => {
      const seen: number[] = [];
      await Promise.all(
        Array.from({ length: 20 }, async (_, no) => {
          const rows = await log.append(changes(1 + (no % 3)));
          expect(durable).toEqual(expect.arrayContaining([...rows]));
          seen.push(must(rows[0], 'a row was appended').seq);
        }),
      );
      expect(seqsOf(durable)).toEqual(Array.from({ length: log.head() }, (_, no) => no + 1));
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
    });

    test('[LG3] a row carries its place, its time, its change and their JSON', async () => {
      const [row] = await log.append([change(7)]);
      const { text, ...logged } = must(row, 'one row was appended');
      expect(logged).toEqual({ seq: 1, at: clock.now(), change: change(7) });
      expect(JSON.parse(text)).toEqual(logged);
    });

    test('[LG4] text of any script, emoji and ids beyond 2^53 come back unchanged', async () => {
      const name = '客户 😀 «ñ» \u0000\u2028 "7123456789012345678"';
      await log.append([{ kind: 'account.changed', accountId: 'acc-1' as AccountId, name }]);
      const rows = await log.readAfter(seq(0), 10);
      expect(rows).toMatchObject([{ change: { name } }]);
    });

    test('[LG5] an append of nothing resolves with nothing', async () => {
      expect(await log.append([])).toEqual([]);
      expect(log.head()).toBe(0);
    });

    test('[LG6] rows after a place come oldest first, at most as many as asked for', async () => {
      await log.append(changes(10));
      expect(seqsOf(await log.readAfter(seq(0), 3))).toEqual([1, 2, 3]);
      expect(seqsOf(await log.readAfter(seq(3), 100))).toEqual([4, 5, 6, 7, 8, 9, 10]);
      expect(seqsOf(await log.readAfter(seq(10), 5))).toEqual([]);
      expect(seqsOf(await log.readAfter(seq(11), 5))).toEqual([]);
    });

    test('[LG7] a trimmed place is too old, and what was kept still reads', async () => {
      await log.append(changes(10));
      await log.trimTo(seq(4));
      expect(log.firstSeq()).toBe(5);
      expect(await log.readAfter(seq(3), 5)).toBe('tooOld');
      expect(seqsOf(await log.readAfter(seq(4), 2))).toEqual([5, 6]);
      await log.trimTo(seq(2));
      expect(log.firstSeq()).toBe(5);
    });

    test('[LG7] a log trimmed to its head goes on with the next place', async () => {
      await log.append(changes(3));
      await log.trimTo(seq(3));
      expect(log.firstSeq()).toBe(4);
      expect(seqsOf(await log.append(changes(1)))).toEqual([4]);
    });

    test('[LG8] after closing, appends are refused, and closing twice is fine', async () => {
      const pending = log.append(changes(2));
      await log.close();
      expect(seqsOf(await pending)).toEqual([1, 2]);
      await expect(log.append(changes(1))).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
      await log.close();
    });

    test('[LG9] the time of a row never goes back', async () => {
      const [first] = await log.append(changes(1));
      await log.close();
      const earlier = new FakeClock({ now: clock.now() - 60_000 });
      if (!place.isLasting) return;
      log = await place.open(earlier, () => undefined);
      const [second] = await log.append(changes(1));
      expect(must(second, 'appended').at).toBe(must(first, 'appended').at);
    });

    test('[LG10] a reopened log has the same epoch, the same rows and goes on', async () => {
      if (!place.isLasting) return;
      const { epoch } = log;
      const rows = await log.append(changes(5));
      await log.trimTo(seq(2));
      await log.close();
      log = await place.open(clock, (more) => durable.push(...more));
      expect(log.epoch).toBe(epoch);
      expect(log.head()).toBe(5);
      const kept = await log.readAfter(seq(log.firstSeq() - 1), 10);
      expect(kept).toEqual(rows.slice(log.firstSeq() - 1));
      expect(seqsOf(await log.append(changes(1)))).toEqual([6]);
    });
  });
}
