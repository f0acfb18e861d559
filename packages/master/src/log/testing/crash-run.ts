import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { assert } from '@hiscrm/shared/lib/must.ts';
import { applyChange } from '@hiscrm/shared/model/apply-change.ts';
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import { MemoryView } from '@hiscrm/shared/model/memory-view.ts';
import { openStore } from '../../store/open-store.ts';
import type { LoggedRow } from '../change-log.ts';
import { type MasterDatabase, openMasterDatabase } from '../open-database.ts';
import { verifyDatabase } from '../verify.ts';

const CHILD = fileURLToPath(new URL('./crash-child.ts', import.meta.url));
/** Acknowledgements before the kill: at most so many. */
const ACKS_BEFORE_KILL_LIMIT = 60;
const PAGE_COUNT = 1_000;

type Acknowledged = { readonly names: readonly string[]; readonly lastSeq: Seq };
export type CrashReport = {
  readonly roundCount: number;
  readonly acknowledgedCount: number;
  readonly rowCount: number;
};

/**
 * Lets processes append, kills each with SIGKILL at a moment that the seed chooses, and looks at what is left: every
 * acknowledged change is there once and in its place, places have no gaps, nothing changed that was seen before, and the
 * state is the fold of the log. Throws what it finds wrong, with the seed.
 */
export async function runCrash(options: { readonly seed: number; readonly roundCount: number }): Promise<CrashReport> {
  const place = mkdtempSync(join(tmpdir(), 'hiscrm-crash-'));
  const path = join(place, 'hiscrm.db');
  const dice = new FakeClock({ seed: options.seed });
  const history = new History();
  let acknowledgedCount = 0;
  try {
    for (let round = 0; round < options.roundCount; round += 1) {
      const killAfterCount = 1 + Math.floor(dice.random() * ACKS_BEFORE_KILL_LIMIT);
      const kill = { afterCount: killAfterCount, byItself: round % 2 === 0 };
      const acknowledged = await runUntilKilled(path, options.seed * 1_000 + round, kill);
      acknowledgedCount += acknowledged.length;
      await history.check(path, acknowledged);
    }
  } catch (error) {
    throw new Error(`crash run with seed ${options.seed} failed: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  } finally {
    rmSync(place, { recursive: true });
  }
  return { roundCount: options.roundCount, acknowledgedCount, rowCount: history.headSeq };
}

/** Runs a child until it has acknowledged so many appends and is killed; gives every acknowledgement that got out. */
async function runUntilKilled(
  path: string,
  seed: number,
  kill: { readonly afterCount: number; readonly byItself: boolean },
): Promise<readonly Acknowledged[]> {
  const args = [CHILD, path, String(seed), ...(kill.byItself ? [String(kill.afterCount)] : [])];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('exit', (_code, signal) => resolve(signal)),
  );
  const acknowledged: Acknowledged[] = [];
  assert(child.stdout, 'the child has an output');
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.endsWith('}')) continue; // cut by the kill
    acknowledged.push(JSON.parse(line) as Acknowledged); // written by the child
    if (acknowledged.length === kill.afterCount) child.kill('SIGKILL');
  }
  assert((await exited) === 'SIGKILL', 'the child ended by itself; its error is above');
  return acknowledged;
}

/** The log as it was seen after each kill, and its fold. */
class History {
  readonly #view = new MemoryView();
  readonly #placeOfName = new Map<string, Seq>();
  headSeq = 0 as Seq; // before the first row
  #epoch: string | undefined;

  async check(path: string, acknowledged: readonly Acknowledged[]): Promise<void> {
    const stateSeq = verifyDatabase(path, {}).stateSeq;
    assert(stateSeq >= this.headSeq, 'the state fell behind what a start had saved');
    await this.#open(path, async (database) => this.#readUpTo(database, stateSeq));
    this.#expectSound(path);
    await this.#open(path, async (database) => {
      await this.#readUpTo(database, database.log.head());
      const store = await openStore({ ...database, clock: new FakeClock() });
      await store.close();
    });
    this.#expectSound(path);
    for (const { names, lastSeq } of acknowledged) {
      assert(lastSeq <= this.headSeq, `row ${lastSeq} was acknowledged and is gone`);
      // The child appends the named changes and one mark after them.
      names.forEach((name, index) => {
        const expected = lastSeq - names.length + index;
        assert(this.#placeOfName.get(name) === expected, `${name} was acknowledged at ${expected} and is not there`);
      });
    }
  }

  /** The tables hold exactly the fold of the rows that were read so far. */
  #expectSound(path: string): void {
    const { findings } = verifyDatabase(path, { compareWith: this.#view });
    assert(findings.length === 0, () => findings.slice(0, 5).join('; '));
  }

  async #open(path: string, use: (database: MasterDatabase) => Promise<void>): Promise<void> {
    const database = await openMasterDatabase({ path, clock: new FakeClock(), onDurable: () => undefined });
    try {
      this.#epoch ??= database.log.epoch;
      assert(database.log.epoch === this.#epoch, 'the epoch changed');
      await use(database);
    } finally {
      await database.close();
    }
  }

  async #readUpTo(database: MasterDatabase, seq: Seq): Promise<void> {
    while (this.headSeq < seq) {
      const rows = await database.log.readAfter(this.headSeq, Math.min(PAGE_COUNT, seq - this.headSeq));
      assert(rows !== 'tooOld', 'rows were trimmed that nobody had seen');
      assert(rows.length > 0, 'the log ends before its head');
      for (const row of rows) this.#take(row);
    }
  }

  #take(row: LoggedRow): void {
    assert(row.seq === this.headSeq + 1, `row ${row.seq} follows ${this.headSeq}`);
    this.headSeq = row.seq;
    if ('facts' in row.change && 'text' in row.change.facts && row.change.facts.text !== undefined) {
      assert(!this.#placeOfName.has(row.change.facts.text), `${row.change.facts.text} is there twice`);
      this.#placeOfName.set(row.change.facts.text, row.seq);
    }
    applyChange(this.#view, row);
  }
}
