import type { Client } from '@hiscrm/client/client.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { Session } from '@hiscrm/shared/model/session.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '@hiscrm/simulator/simulator.ts';
import type { Browser } from 'playwright-core';
import { buildWeb } from './build-web.ts';
import { addAccount, connectClient } from './harness/connect-client.ts';
import { ADMIN_PASSWORD, MasterProcess } from './harness/master-process.ts';
import { tempFolder } from './harness/temp-folder.ts';
import { until } from './harness/until.ts';
import { openBrowser, Screen } from './screen.ts';

export type WorldOptions = {
  readonly simulator?: SimulatorOptions | undefined;
  readonly localWorkers?: number | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
};

/** The log-in page of the platform opens in a browser that may still be starting. */
const LOGIN_DEADLINE_MS = 90_000;

/**
 * Everything at once: a simulated platform in this process; a real Master in its own, with a local Worker and its Chromium;
 * a client of the library as a second operator; and, when asked for, the PC client in another Chromium.
 */
export class World {
  readonly simulator: Simulator;
  readonly #folder: ReturnType<typeof tempFolder>;
  readonly #env: Readonly<Record<string, string>>;
  readonly #localWorkers: number;
  #master: MasterProcess;
  #client: Client;
  #token: string;
  #browser: Browser | undefined;
  readonly #screens: Screen[] = [];

  private constructor(options: {
    simulator: Simulator;
    folder: ReturnType<typeof tempFolder>;
    env: Readonly<Record<string, string>>;
    localWorkers: number;
    master: MasterProcess;
    client: Client;
    token: string;
  }) {
    this.simulator = options.simulator;
    this.#folder = options.folder;
    this.#env = options.env;
    this.#localWorkers = options.localWorkers;
    this.#master = options.master;
    this.#client = options.client;
    this.#token = options.token;
  }

  static async start(options: WorldOptions = {}): Promise<World> {
    await buildWeb();
    const simulator = await startSimulator({ profile: 'tiny', ...options.simulator });
    const folder = tempFolder('world');
    const env = {
      HISCRM_DOUYIN_CREATOR_BASE: simulator.creatorBase,
      HISCRM_DOUYIN_WWW_BASE: simulator.wwwBase,
      HISCRM_PACE: 'fast',
      ...options.env,
    };
    const localWorkers = options.localWorkers ?? 1;
    try {
      const master = await MasterProcess.start({ dataDir: folder.path, localWorkers, env });
      const { token } = await master.admin();
      const client = await connectClient(() => master.socketUrl(token), 'world');
      return new World({ simulator, folder, env, localWorkers, master, client, token });
    } catch (error) {
      await simulator.close();
      folder.remove();
      throw error;
    }
  }

  get master(): MasterProcess {
    return this.#master;
  }

  /** An operator without a screen: the client library, always connected. */
  get client(): Client {
    return this.#client;
  }

  /** The PC client, logged in as the administrator. Closed with the world. */
  async screen(): Promise<Screen> {
    this.#browser ??= await openBrowser();
    const screen = await Screen.open(this.#browser, this.#master.baseUrl);
    this.#screens.push(screen);
    await screen.login('admin', ADMIN_PASSWORD);
    return screen;
  }

  /** Adds an account and logs it in on the platform by its QR code, without a screen. Resolves when it is on line. */
  async addLoggedInAccount(name: string, simulated: string): Promise<AccountId> {
    const accountId = await addAccount(this.#client, name);
    await this.session(accountId, (session) => session.kind === 'loginRequired');
    await this.logIn(accountId, simulated);
    return accountId;
  }

  /** Asks for the platform's QR code and scans it with the account's phone. Resolves when the account is on line. */
  async logIn(accountId: AccountId, simulated: string): Promise<void> {
    await until(
      'the Worker to take the order to log in',
      async () => (await this.#client.run('startLogin', { accountId })).kind === 'done',
      { deadlineMs: LOGIN_DEADLINE_MS, everyMs: 500 },
    );
    await this.session(accountId, (session) => session.kind === 'awaitingScan');
    this.scan(simulated);
    await this.session(accountId, (session) => session.kind === 'online');
  }

  /** The person with the phone. */
  scan(simulated: string): void {
    this.simulator.control.login({ account: simulated, action: 'scan' });
    this.simulator.control.login({ account: simulated, action: 'confirm' });
  }

  /** Resolves when the account's session fits. */
  async session(accountId: AccountId, fits: (session: Session) => boolean): Promise<Session> {
    let seen = 'none';
    try {
      return await until(
        'the account’s session',
        () => {
          const account = this.#client.replica.accounts().find(({ record }) => record.id === accountId);
          seen = JSON.stringify(account?.record.session)?.slice(0, 200);
          return account && fits(account.record.session) ? account.record.session : undefined;
        },
        { deadlineMs: LOGIN_DEADLINE_MS },
      );
    } catch (cause) {
      throw new Error(`the session stayed ${seen}\n${this.#master.child.output.slice(-3_000)}`, { cause });
    }
  }

  /** Kills the Master (or asks it to stop) and starts it again at the same port; the client comes back by itself. */
  async restartMaster(how: 'kill' | 'stop'): Promise<void> {
    const { port, dataDir } = this.#master;
    await (how === 'kill' ? this.#master.killNow() : this.#master.close());
    this.#master = await MasterProcess.start({ dataDir, port, localWorkers: this.#localWorkers, env: this.#env });
  }

  /** What the simulated platform was asked to write: replies, in order, as it accepted them. */
  accepted(kind: 'comment_reply' | 'dm_send'): readonly string[] {
    return this.simulator.control.log({ kind, result: 'accepted' }).entries.map(({ text }) => text ?? '');
  }

  /** Safe twice. */
  async close(): Promise<void> {
    this.#client.close();
    await Promise.all(this.#screens.splice(0).map((screen) => screen.close()));
    await this.#browser?.close();
    await this.#master.close();
    await this.simulator.close();
    this.#folder.remove();
  }
}
