import type { Client } from '@hiscrm/client/client.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { addAccount, connectClient } from '../harness/connect-client.ts';
import type { FakeWorkerOptions } from '../harness/fake-worker.ts';
import { type MasterOptions, MasterProcess, runCli } from '../harness/master-process.ts';
import type { Random } from '../harness/random.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import { until } from '../harness/until.ts';
import { auditMaster, differencesToFold, differencesToReplica } from './audit.ts';
import { LoadWriter } from './load-writer.ts';
import { LogObserver } from './log-observer.ts';
import { expectNone } from './stress-run.ts';

export type StandOptions = Pick<MasterOptions, 'saysMemory'>;

/** One Master that can be killed and comes back at the same address, with accounts in it and everything needed to judge it. */
export class Stand {
  readonly accounts: readonly AccountId[];
  readonly token: string;
  readonly workerKey: string;
  readonly #folder: ReturnType<typeof tempFolder>;
  readonly #options: StandOptions;
  readonly #closers: (() => Promise<unknown> | undefined)[] = [];
  #master: MasterProcess;

  private constructor(options: {
    folder: ReturnType<typeof tempFolder>;
    options: StandOptions;
    master: MasterProcess;
    accounts: readonly AccountId[];
    token: string;
    workerKey: string;
  }) {
    this.#folder = options.folder;
    this.#options = options.options;
    this.#master = options.master;
    this.accounts = options.accounts;
    this.token = options.token;
    this.workerKey = options.workerKey;
  }

  /** Starts a Master on an empty folder and adds accounts to it. */
  static async start(name: string, accountCount: number, options: StandOptions = {}): Promise<Stand> {
    const folder = tempFolder(name);
    const master = await MasterProcess.start({ dataDir: folder.path, ...options });
    try {
      const { token } = await master.admin();
      const client = await connectClient(() => master.socketUrl(token), 'stand');
      const accounts: AccountId[] = [];
      for (let index = 0; index < accountCount; index++) accounts.push(await addAccount(client, `账号${index}`));
      client.close();
      const workerKey = await master.workerKey('stress');
      return new Stand({ folder, options, master, accounts, token, workerKey });
    } catch (error) {
      await master.killNow();
      folder.remove();
      throw error;
    }
  }

  get master(): MasterProcess {
    return this.#master;
  }

  /** Kills the Master with SIGKILL and starts it again at the same port. Resolves when clients may connect. */
  async crash(): Promise<void> {
    const { dataDir, port } = this.#master;
    await this.#master.killNow();
    this.#master = await MasterProcess.start({ dataDir, port, ...this.#options });
  }

  /** A connected client of the library; closed with the stand. `port`: of a relay, else the Master's own. */
  async client(name: string, port?: number): Promise<Client> {
    return this.clientAt(() => this.url(port), name);
  }

  /** The same for another user, or another place. */
  async clientAt(urlOf: () => string, name: string): Promise<Client> {
    const client = await connectClient(urlOf, name);
    this.#closers.push(() => {
      client.close();
      return undefined;
    });
    return client;
  }

  /** A reader of the whole log; closed with the stand. */
  observer(port?: number): LogObserver {
    const observer = new LogObserver(() => this.url(port));
    observer.start();
    this.#closers.push(() => observer.close());
    return observer;
  }

  /** Somebody who writes until told to drain; closed with the stand. */
  writer(random: Random, extra: Partial<FakeWorkerOptions> = {}): LoadWriter {
    const worker = { baseUrl: this.#master.baseUrl, key: this.workerKey, workerId: 'stress-worker', ...extra };
    const writer = new LoadWriter({ worker, random, accounts: this.accounts });
    writer.start();
    this.#closers.push(() => writer.close());
    return writer;
  }

  url(port?: number): string {
    const url = new URL(this.#master.socketUrl(this.token));
    if (port !== undefined) url.port = String(port);
    return url.href;
  }

  /**
   * Holds everything against everything, while nobody writes: the Master's answers against themselves, against what was
   * acknowledged, against the fold of all rows, and against what the clients show. Throws on the first kind of fault.
   */
  async judge(parties: {
    readonly writers: readonly LoadWriter[];
    readonly observers: readonly LogObserver[];
    readonly clients: readonly Client[];
  }): Promise<{ readonly itemCount: number; readonly unreadCount: number; readonly seq: number }> {
    const reader = await connectClient(() => this.url(), 'judge');
    try {
      const audit = await auditMaster(reader);
      expectNone('what the Master answers', audit.faults);
      for (const { acknowledged } of parties.writers) {
        const faults: string[] = [];
        for (const [key, facts] of acknowledged) {
          const item = audit.items.get(key);
          if (!item) faults.push(`${key} was acknowledged and is gone`);
          else if (item.facts.text !== facts.text || item.facts.state !== facts.state)
            faults.push(`${key} is ${JSON.stringify(item.facts)}, acknowledged ${JSON.stringify(facts)}`);
        }
        if (audit.items.size !== acknowledged.size)
          faults.push(`${audit.items.size} items for ${acknowledged.size} acknowledged ones`);
        expectNone('what was acknowledged', faults);
      }
      const head = reader.replica.position?.seq ?? 0;
      for (const observer of parties.observers) {
        await until(`an observer to reach row ${head}`, () => observer.seq >= head);
        expectNone('what an observer was sent', observer.faults);
        expectNone('the fold of all rows', differencesToFold(audit, observer.view));
      }
      for (const client of parties.clients) {
        await until(`a client to reach row ${head}`, () => (client.replica.position?.seq ?? 0) >= head);
        let faults: string[] = [];
        await until(
          'a client to show what the Master answers',
          () => {
            faults = differencesToReplica(audit, client);
            return faults.length === 0;
          },
          { deadlineMs: 10_000 },
        ).catch(() => expectNone('what a client shows', faults));
      }
      return { itemCount: audit.items.size, unreadCount: audit.unreadCount, seq: head };
    } finally {
      reader.close();
    }
  }

  /** Stops the Master in order and has the command line check its database. Rejects when that finds something. */
  async verify(): Promise<string> {
    await this.#master.close();
    return runCli(this.#master.dataDir, ['verify']);
  }

  /** Safe twice. */
  async close(): Promise<void> {
    await Promise.all(this.#closers.splice(0).map((close) => close()));
    await this.#master.close();
    this.#folder.remove();
  }
}
