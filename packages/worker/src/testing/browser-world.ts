import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId, ItemId, ReplyId, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { Session } from '@hiscrm/shared/model/session.ts';
import type { ReplyPayload } from '@hiscrm/shared/protocol/worker-link.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '@hiscrm/simulator/simulator.ts';
import { readConfig } from '../config.ts';
import { silentLogger } from '../lib/logger.ts';
import { startWorker, type Worker } from '../main.ts';
import { FakeMaster } from './fake-master.ts';

export const ACCOUNT = 'acc-1' as AccountId;

export type WorldOptions = {
  readonly simulator?: SimulatorOptions;
  /** Whether the account begins with a login. */
  readonly isLoggedIn?: boolean;
  readonly env?: Readonly<Record<string, string>>;
};

/** Simulated platform, real browser, real Worker, scripted Master. */
export class BrowserWorld {
  readonly simulator: Simulator;
  readonly master: FakeMaster;
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  worker: Worker;

  private constructor(parts: {
    simulator: Simulator;
    master: FakeMaster;
    directory: string;
    env: Readonly<Record<string, string>>;
  }) {
    this.simulator = parts.simulator;
    this.master = parts.master;
    this.directory = parts.directory;
    this.env = parts.env;
    this.worker = this.startWorker();
  }

  static async start(options: WorldOptions = {}): Promise<BrowserWorld> {
    const simulator = await startSimulator({ accounts: 2, profile: 'tiny', seed: 'worker', ...options.simulator });
    const master = await FakeMaster.start();
    const directory = mkdtempSync(join(tmpdir(), 'worker-'));
    const imports = join(directory, 'import');
    mkdirSync(imports);
    if (options.isLoggedIn !== false) {
      const { cookies } = simulator.control.login({ account: 'a1' });
      writeFileSync(join(imports, `${ACCOUNT}.json`), JSON.stringify({ cookies, origins: [] }));
    }
    master.assignments = [{ accountId: ACCOUNT, platform: 'douyin', name: 'one', leaseToken: 1 }];
    const env = {
      HISCRM_MASTER_URL: master.url,
      HISCRM_WORKER_KEY: 'key',
      HISCRM_DATA_DIR: directory,
      HISCRM_SESSION_IMPORT_DIR: imports,
      HISCRM_DOUYIN_CREATOR_BASE: simulator.creatorBase,
      HISCRM_DOUYIN_WWW_BASE: simulator.wwwBase,
      HISCRM_PACE: 'fast',
      HISCRM_SYNC_STATE_MS: '500',
      HISCRM_SYNC_WORKS_MS: '1000',
      HISCRM_SYNC_FULL_MS: '3000',
      ...(process.env.CHROMIUM_PATH && { CHROMIUM_PATH: process.env.CHROMIUM_PATH }),
      ...options.env,
    };
    return new BrowserWorld({ simulator, master, directory, env });
  }

  startWorker(env: Readonly<Record<string, string>> = {}): Worker {
    return startWorker(readConfig({ ...this.env, ...env }), systemClock, silentLogger);
  }

  /** Everything read once. */
  untilSynced(afterBatch = 0): Promise<void> {
    return this.master.until(() =>
      this.master.batches
        .slice(afterBatch)
        .some(({ payload }) => payload.sync?.isLast && payload.sync.id.startsWith('light')),
    );
  }

  sessions(): Session['kind'][] {
    return this.master.of('account.session').map((change) => change.session.kind);
  }

  /** Asks for a reply as the Master does; answers its outcome. */
  async reply(
    id: string,
    target: Partial<Omit<ReplyPayload['reply'], 'topic'>> & { topic: { kind: 'content' | 'conversation'; id: string } },
    text: string,
  ) {
    const reply = {
      ...target,
      id: id as ReplyId,
      accountId: ACCOUNT,
      topic: { accountId: ACCOUNT, kind: target.topic.kind, id: target.topic.id as TopicId },
      text,
      requestedAt: Date.now(),
    };
    const answer = await this.master.order('master:reply', { leaseToken: 1, reply });
    if (!answer.ok) throw new Error(`the Worker did not take the reply: ${JSON.stringify(answer)}`);
    return this.outcome(id);
  }

  /** Waits for the reply's newest outcome to be one of these. */
  async outcome(id: string, kinds: readonly string[] = ['reply.sent', 'reply.rejected', 'reply.unknown']) {
    const find = () =>
      this.master.changes.findLast(
        (change) => 'replyId' in change && change.replyId === id && kinds.includes(change.kind),
      );
    await this.master.until(() => find() !== undefined);
    return find();
  }

  /** Texts that the platform took, in order. */
  delivered(kind: 'comment_reply' | 'dm_send'): string[] {
    return this.simulator.control.log({ kind, result: 'accepted' }).entries.map((entry) => String(entry.text));
  }

  async close(): Promise<void> {
    await this.worker.close();
    await this.master.close();
    await this.simulator.close();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

export const itemId = (id: string | undefined): ItemId => String(id) as ItemId; // an id that the simulator made
