import { type Clock, every } from '@hiscrm/shared/lib/clock.ts';
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import { Hub, type Round } from '../hub/hub.ts';
import { HUB_LIMITS } from '../hub/hub-limits.ts';
import type { Publication } from '../ingest/committer.ts';
import { LogCommitter } from '../ingest/log-committer.ts';
import type { Logger } from '../lib/logger.ts';
import { SharedTurns } from '../lib/turns.ts';
import type { LoggedRow } from '../log/change-log.ts';
import { type MasterDatabase, openMasterDatabase } from '../log/open-database.ts';
import type { Health } from '../ops/health.ts';
import type { Metrics } from '../ops/metrics.ts';
import { PushBoard } from '../ops/push-board.ts';
import { ShownBoard } from '../ops/shown-board.ts';
import { WaitBoard } from '../ops/wait-board.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import type { Closer } from './closer.ts';
import type { DataFolder } from './data-folder.ts';
import { WatchedCommitter } from './watched-committer.ts';

/** The log is kept for clients that were away; what is older they get as a snapshot. */
const LOG_KEEP_MS = 30 * 24 * 60 * 60_000;
const LOG_KEEP_BYTES = 4 * 1024 * 1024 * 1024;
const TRIM_PERIOD_MS = 60 * 60_000;

/** What everything else stands on. */
export type Core = {
  readonly database: MasterDatabase;
  readonly store: Store;
  readonly hub: Hub;
  /** Where looking at batches, folding and checkpoints take their time from. */
  readonly turns: SharedTurns;
  readonly committer: WatchedCommitter;
  /** When rows went out to clients. */
  readonly pushes: PushBoard;
  /** How long rows waited in their Workers' outboxes. */
  readonly waits: WaitBoard;
  /** When pages drew rows. */
  readonly shown: ShownBoard;
  /** Hear every durable row, after the hub. */
  readonly listeners: ((publication: Publication) => void)[];
};

/** The way of a change: committer → log → store → hub. Closed in the same order. */
export async function openCore(options: {
  readonly folder: DataFolder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly closer: Closer;
}): Promise<Core> {
  const { folder, clock, logger, health, metrics, closer } = options;
  // The log calls back only after the first append, and the committer below is the only one who appends.
  const onDurable = (rows: readonly LoggedRow[]): void => logCommitter.onDurable(rows);
  const database = await openMasterDatabase({ path: folder.database, clock, onDurable });
  closer.add('database', () => database.close());
  const turns = new SharedTurns();
  const store = await openStore({ log: database.log, state: database.state, clock, turns });
  closer.add('store', () => store.close());
  const pushes = new PushBoard();
  const shown = new ShownBoard({ floor: store.head() });
  const observeSent = metrics.histogram(
    'logged_to_sent',
    'Time from a row’s place in the log until it was written to every client’s socket, for the first row of each round.',
  );
  const onRound = (round: Round): void => {
    pushes.note(round);
    if (round.subscriberCount > 0) observeSent(round.endedAt - round.loggedAt);
  };
  const hub = new Hub({ log: database.log, store, clock, limits: HUB_LIMITS, lc: logger, onRound });
  closer.add('hub', () => hub.close());
  const listeners: Core['listeners'] = [];
  const logCommitter = new LogCommitter({
    log: database.log,
    store,
    turns,
    publish: (publication) => {
      hub.publish(publication);
      for (const listener of listeners) listener(publication);
    },
  });
  closer.add('committer', () => {
    logCommitter.close();
    turns.finish();
  });
  const observe = metrics.histogram(
    'commit',
    'Time from a commit’s start until it is durable, folded and handed to the hub.',
  );
  const committer = new WatchedCommitter({ committer: logCommitter, clock, health, observe });
  const stopTrimming = every(clock, TRIM_PERIOD_MS, () => void trim({ database, clock, logger }));
  closer.add('log trimming', stopTrimming);
  listeners.push(watchObservations(metrics));
  return { database, store, hub, turns, committer, pushes, waits: new WaitBoard(), shown, listeners };
}

async function trim({
  database,
  clock,
  logger,
}: {
  readonly database: MasterDatabase;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<void> {
  try {
    const upTo: Seq = database.trimPlace({ keepBytes: LOG_KEEP_BYTES, oldestAt: clock.now() - LOG_KEEP_MS });
    await database.log.trimTo(upTo);
  } catch (error) {
    logger.warn({ err: error }, 'the log could not be trimmed; it is tried again in an hour');
  }
}

/** Measures how old an observation was when it became durable: the Worker's outbox and its link, and clocks that differ. */
function watchObservations(metrics: Metrics): (publication: Publication) => void {
  const observe = metrics.histogram(
    'observed_to_logged',
    'Time from a Worker’s observation until its row was logged, by the clocks of both.',
  );
  return ({ rows }) => {
    for (const { at, change } of rows) {
      if ('facts' in change) observe(Math.max(0, at - change.facts.observedAt));
    }
  };
}
