/** The Worker process. Ends on SIGTERM and SIGINT, and when the process that started it goes away. */
import { join } from 'node:path';
import { type Clock, systemClock } from '@hiscrm/shared/lib/clock.ts';
import { AccountFleet } from './accounts/account-fleet.ts';
import { AccountSession } from './accounts/account-session.ts';
import { OddityBoard } from './accounts/oddity-board.ts';
import { sweepProfiles } from './browser/account-browser.ts';
import { SessionVault } from './browser/session-vault.ts';
import { readConfig, type WorkerConfig } from './config.ts';
import { type Logger, openLogger } from './lib/logger.ts';
import { WorkerLink } from './link/worker-link.ts';
import { KnownIndex } from './outbox/known-index.ts';
import { Outbox } from './outbox/outbox.ts';
import { ReplyJournal } from './outbox/reply-journal.ts';
import { WorkerDatabase } from './outbox/worker-database.ts';
import { DOUYIN_BASES } from './platforms/douyin/contract.ts';
import { openRegistry } from './platforms/registry.ts';

export interface Worker {
  readonly fleet: AccountFleet;
  readonly link: WorkerLink;
  readonly outbox: Outbox;
  readonly oddities: OddityBoard;
  /** Closes browsers, hands over what can be handed over within a few seconds, then closes the rest. Safe twice. */
  close(): Promise<void>;
}

/** How long the last batches may take at the end; what does not go now goes after the next start. */
const DRAIN_GRACE_MS = 3_000;
const VERSION = '0.1.0';
/** A shutdown that takes longer has something stuck; the outbox is on disk and browsers end with their pipe. */
const SHUTDOWN_LIMIT_MS = 20_000;

/** Puts a Worker together and starts it. */
export function startWorker(config: WorkerConfig, clock: Clock, log: Logger): Worker {
  const profilesDirectory = join(config.dataDirectory, 'profiles');
  const leftoverCount = sweepProfiles(profilesDirectory);
  if (leftoverCount > 0) log.warn({ leftoverCount }, 'ended browsers that an earlier Worker left');
  const db = new WorkerDatabase(join(config.dataDirectory, 'worker.sqlite'));
  const outbox = new Outbox({ db, clock, limitBytes: config.outboxLimitBytes });
  const known = new KnownIndex(db);
  const journal = new ReplyJournal({ db, clock });
  const vault = new SessionVault({ directory: join(config.dataDirectory, 'sessions'), secret: config.secretKey });
  const oddities = new OddityBoard({
    directory: join(config.dataDirectory, 'oddities'),
    clock,
    onNote: (kind, count) => log.debug({ kind, count }, 'something was not understood'),
  });
  const registry = openRegistry({
    douyin: { creator: config.douyin.creator ?? DOUYIN_BASES.creator, www: config.douyin.www ?? DOUYIN_BASES.www },
  });
  const fleet = new AccountFleet({
    outbox,
    known,
    log,
    open: (assignment) => {
      const adapter = registry.get(assignment.platform);
      if (!adapter) return undefined;
      const browser = { profilesDirectory, executablePath: config.chromiumPath, isHeadless: config.isHeadless };
      const { importDirectory, pacing, replyPacing, intervals } = config;
      return new AccountSession({
        ...{ assignment, adapter, outbox, known, journal, oddities, vault, browser, importDirectory },
        ...{ pacing, replyPacing, intervals, clock, log },
      });
    },
  });
  const link = new WorkerLink({
    ...{ masterUrl: config.masterUrl, key: config.key, workerId: config.workerId, name: config.name, version: VERSION },
    ...{ platforms: [...registry.keys()], maxAccounts: config.maxAccounts, outbox, clock, log },
    orders: {
      registered: (answer) => {
        forgetOnNewEpoch(known, answer.epoch, log);
        fleet.replaceAll(answer.assignments);
        fleet.replaceReplies(answer.replies);
      },
      assign: (assignment) => fleet.assign(assignment),
      revoke: (accountId, leaseToken) => fleet.revoke(accountId, leaseToken),
      reply: (payload) => fleet.offerReply(payload),
      sync: (accountId) => withSession(fleet, accountId, (session) => session.syncNow()),
      login: (accountId) => withSession(fleet, accountId, (session) => session.loginNow()),
      staleLease: (accountId, leaseToken) => {
        const held = fleet.session(accountId)?.assignment.leaseToken ?? 0;
        // Assigned anew while the batch travelled: it goes again under the newer lease.
        if (held > leaseToken) outbox.restamp(accountId, held);
        else fleet.drop(accountId);
      },
      accounts: () => fleet.accounts(),
    },
  });
  link.start();
  let closing: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    await fleet.close();
    await link.drain(DRAIN_GRACE_MS);
    link.close();
    db.close();
  };
  return {
    fleet,
    link,
    outbox,
    oddities,
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}

function withSession(
  fleet: AccountFleet,
  accountId: Parameters<AccountFleet['session']>[0],
  act: (session: AccountSession) => void,
): boolean {
  const session = fleet.session(accountId);
  if (session) act(session);
  return session !== undefined;
}

/** A Master with another history may not have what this Worker told the one before: everything is told again. */
function forgetOnNewEpoch(known: KnownIndex, epoch: string, log: Logger): void {
  const before = known.meta('epoch');
  if (before !== undefined && before !== epoch) {
    log.warn({ before, epoch }, 'the Master has another history; everything is told again');
    known.forgetAll();
  }
  known.setMeta('epoch', epoch);
}

function runProcess(): void {
  const config = readConfig(process.env);
  const log = openLogger(config.logLevel);
  const worker = startWorker(config, systemClock, log);

  let isEnding = false;
  const end = (why: string): void => {
    if (isEnding) return;
    isEnding = true;
    log.info({ why }, 'the Worker ends');
    setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS).unref();
    worker.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the Worker did not end cleanly');
        process.exit(1);
      },
    );
  };

  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  // Started by a Master, it must not outlive it: the channel between them closes when the Master dies, however it dies.
  if (process.channel) process.on('disconnect', () => end('the Master is gone'));
  else if (process.env.HISCRM_WATCH_STDIN === '1') process.stdin.on('end', () => end('the Master is gone')).resume();
  process.on('unhandledRejection', (error) => {
    log.error({ err: error }, 'an unhandled rejection');
    end('a bug');
  });
}

if (import.meta.main) runProcess();
