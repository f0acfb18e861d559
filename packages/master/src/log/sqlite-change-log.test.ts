import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, Epoch, Seq } from '@hiscrm/shared/model/ids.ts';
import { expect, onTestFinished, test, vi } from 'vitest';
import { registerChangeLogContract } from './change-log.contract.ts';
import type { LoggedRow, OnDurable } from './change-log.ts';
import { LogTrimmer } from './log-trimmer.ts';
import { openMasterDatabase, startNewEpoch } from './open-database.ts';
import { SqliteChangeLog } from './sqlite-change-log.ts';
import { SqliteWriter } from './sqlite-writer.ts';
import { MOST_PAGES } from './wal-mover.ts';
import type { StateBatch } from './writer-protocol.ts';

const RING_LIMIT_BYTES = 1_000;
const MIB = 1024 * 1024;

const NO_NOTICES = { users: [], notices: [], pages: [], devices: [], settings: [] };
const NO_CHANGES: Omit<StateBatch, 'stateSeq'> = {
  removedAccountNos: [],
  accounts: [],
  topics: [],
  items: [],
  sweeps: [],
  replies: [],
  earlyAnswers: [],
  workers: [],
};

const directory = (): string => mkdtempSync(join(tmpdir(), 'hiscrm-log-'));

async function openLog(path: string, clock: FakeClock, onDurable: OnDurable, inFlightLimitBytes = 1_000_000) {
  const writer = await SqliteWriter.open({ path, newEpoch: `epoch-${clock.random()}` });
  const reader = new DatabaseSync(path, { readOnly: true });
  const log = new SqliteChangeLog({
    writer,
    reader,
    clock,
    onDurable,
    trimLimit: () => Number.MAX_SAFE_INTEGER as Seq, // everything may go
    ringLimitBytes: RING_LIMIT_BYTES,
    inFlightLimitBytes,
  });
  const close = async (): Promise<void> => {
    await SqliteChangeLog.prototype.close.call(log);
    if (reader.isOpen) reader.close();
    await writer.close();
  };
  return Object.assign(log, { close });
}

registerChangeLogContract('sqlite', () => {
  const place = directory();
  return {
    open: (clock, onDurable) => openLog(join(place, 'log.db'), clock, onDurable),
    isLasting: true,
    remove: () => rmSync(place, { recursive: true }),
  };
});

function tempPath(): string {
  const place = directory();
  onTestFinished(() => rmSync(place, { recursive: true }));
  return join(place, 'log.db');
}

const change = (text: string): Change => ({ kind: 'account.changed', accountId: 'acc-1' as AccountId, name: text });

test('[LG11] appends that wait for the disk share one commit and are announced together', async () => {
  const announced: (readonly LoggedRow[])[] = [];
  const log = await openLog(tempPath(), new FakeClock(), (rows) => announced.push(rows));
  onTestFinished(() => log.close());
  await Promise.all(Array.from({ length: 200 }, (_, no) => log.append([change(`name ${no}`)])));
  expect(announced.flat()).toHaveLength(200);
  expect(announced.length).toBeLessThan(100);
});

test('[LG12] more bytes in flight than allowed are refused, and places stay without gaps', async () => {
  const log = await openLog(tempPath(), new FakeClock(), () => undefined, 5_000);
  onTestFinished(() => log.close());
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => log.append([change('x'.repeat(1_000))])));
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]?.reason).toMatchObject({ code: 'OVERLOADED' });
  expect(log.inFlightBytes).toBe(0);
  const rows = await log.append([change('after')]);
  expect(rows[0]?.seq).toBe(results.length - refused.length + 1);
});

test('[LG13] when the disk refuses, this append and all later ones are refused and nothing of them is stored', async () => {
  const path = tempPath();
  const durable: LoggedRow[] = [];
  const log = await openLog(path, new FakeClock(), (rows) => durable.push(...rows));
  await log.append([change('kept')]);
  const saboteur = new DatabaseSync(path);
  saboteur.exec("CREATE TRIGGER refuse BEFORE INSERT ON log BEGIN SELECT RAISE(ABORT, 'disk full'); END");
  saboteur.close();
  await expect(log.append([change('refused')])).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
  await expect(log.append([change('later')])).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
  expect(durable).toHaveLength(1);
  expect(log.head()).toBe(1);
  await log.close();
  const repair = new DatabaseSync(path);
  repair.exec('DROP TRIGGER refuse');
  expect(repair.prepare('SELECT count(*) AS count FROM log').get()).toEqual({ count: 1 });
  repair.close();
});

test('[LG23] pages are moved out of the write-ahead file while rows come, long before a commit would move them itself', async () => {
  const path = tempPath();
  const log = await openLog(path, new FakeClock(), () => undefined, 4 * MIB);
  onTestFinished(() => log.close());
  const rows = Array.from({ length: 16 }, () => change('x'.repeat(MIB / 16)));
  for (let written = 0; written < 32; written++) await log.append(rows);
  const onlooker = new DatabaseSync(path);
  onTestFinished(() => onlooker.close());
  const look = onlooker.prepare('PRAGMA wal_checkpoint(NOOP)'); // how much there is and how much is moved; moves nothing
  await vi.waitFor(
    async () => {
      await log.append([change('one more')]);
      const { log: pageCount, checkpointed: movedCount } = look.get() ?? {};
      expect(Number(pageCount) - Number(movedCount)).toBeLessThan(MOST_PAGES);
    },
    { timeout: 10_000 },
  );
});

test('[LG23] the write-ahead file is begun anew while rows come without a pause', async () => {
  const path = tempPath();
  const log = await openLog(path, new FakeClock(), () => undefined, 4 * MIB);
  onTestFinished(() => log.close());
  const rows = Array.from({ length: 16 }, () => change('x'.repeat(MIB / 16)));
  const writtenCount = 192; // three times what a commit lets it grow to before it moves the pages itself
  for (let written = 0; written < writtenCount; written++) await log.append(rows);
  expect(statSync(`${path}-wal`).size).toBeLessThan((writtenCount / 2) * MIB);
});

test('[LG23] when the pages cannot be moved, appends are refused', async () => {
  const path = tempPath();
  const log = await openLog(path, new FakeClock(), () => undefined, 4 * MIB);
  onTestFinished(() => log.close());
  renameSync(path, `${path}.away`);
  mkdirSync(path); // no file that could be opened
  const rows = Array.from({ length: 16 }, () => change('x'.repeat(MIB / 16)));
  const appendMuch = async (): Promise<void> => {
    for (let written = 0; written < 400; written++) await log.append(rows);
  };
  await expect(appendMuch()).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
});

test('[LG14] rows that memory no longer holds are read from disk, equal to those that were appended', async () => {
  const log = await openLog(tempPath(), new FakeClock(), () => undefined);
  onTestFinished(() => log.close());
  const rows = await log.append(Array.from({ length: 100 }, (_, no) => change(`name ${no}`)));
  expect(await log.readAfter(0 as Seq, 1_000)).toEqual(rows);
});

test('[LG15] a second opener of the file is refused, and may open once the first has closed', async () => {
  const path = tempPath();
  const options = { path, clock: new FakeClock(), onDurable: () => undefined };
  const first = await openMasterDatabase(options);
  await expect(openMasterDatabase(options)).rejects.toThrow('another process has it open');
  await first.close();
  await first.close();
  const second = await openMasterDatabase(options);
  await second.close();
});

test('[LG16] a history that is named anew has another epoch and the same rows', async () => {
  const path = tempPath();
  const options = { path, clock: new FakeClock(), onDurable: () => undefined };
  const before = await openMasterDatabase(options);
  await before.log.append([change('kept')]);
  await before.close();
  const epoch: Epoch = startNewEpoch(path);
  const after = await openMasterDatabase(options);
  onTestFinished(() => after.close());
  expect(after.log.epoch).toBe(epoch);
  expect(after.log.epoch).not.toBe(before.log.epoch);
  expect(after.log.head()).toBe(1);
});

test('[LG17] the state tables and those of the notices hold back trimming: a row that one of them lacks is kept', async () => {
  const database = await openMasterDatabase({ path: tempPath(), clock: new FakeClock(), onDurable: () => undefined });
  onTestFinished(() => database.close());
  await database.log.append([change('one'), change('two'), change('three')]);
  await database.state.save({ ...NO_CHANGES, stateSeq: 2 });
  await database.log.trimTo(3 as Seq);
  expect(database.log.firstSeq()).toBe(1);
  await database.notices.save({ ...NO_NOTICES, reached: { stateSeq: 3, recordCount: 0 } });
  await database.log.trimTo(3 as Seq);
  expect(database.log.firstSeq()).toBe(3);
});

test('[LG18] the trim place keeps the newest rows within the bytes and the age allowed', async () => {
  const clock = new FakeClock();
  const database = await openMasterDatabase({ path: tempPath(), clock, onDurable: () => undefined });
  onTestFinished(() => database.close());
  for (let no = 0; no < 10; no += 1) {
    await database.log.append([change('x'.repeat(1_000))]);
    clock.advance(1_000);
  }
  expect(database.trimPlace({ keepBytes: 1_000_000, oldestAt: 0 })).toBe(0);
  expect(database.trimPlace({ keepBytes: 3_500, oldestAt: 0 })).toBe(6);
  expect(database.trimPlace({ keepBytes: 1_000_000, oldestAt: clock.now() - 4_500 })).toBe(6);
  expect(database.trimPlace({ keepBytes: 0, oldestAt: clock.now() })).toBe(10);
});

test('[LG18] the trimmer trims to its policy from time to time, but not beyond the state, and leaves no timer', async () => {
  const clock = new FakeClock();
  const database = await openMasterDatabase({ path: tempPath(), clock, onDurable: () => undefined });
  onTestFinished(() => database.close());
  const trimmer = new LogTrimmer({ database, clock, policy: { keepAgeMs: 1_000, keepBytes: 1_000_000 } });
  await database.log.append([change('old'), change('old')]);
  clock.advance(600_000);
  await database.log.append([change('fresh')]);
  await trimmer.trim();
  expect(database.log.firstSeq()).toBe(1);
  await database.state.save({ ...NO_CHANGES, stateSeq: 3 });
  await database.notices.save({ ...NO_NOTICES, reached: { stateSeq: 3, recordCount: 0 } });
  await trimmer.trim();
  expect(database.log.firstSeq()).toBe(3);
  trimmer.close();
  trimmer.close();
  expect(clock.pendingCount).toBe(0);
});
