import type { Client } from '@hiscrm/client/client.ts';
import { RestApi } from '../harness/rest-api.ts';
import { until } from '../harness/until.ts';
import { noticeUrl, PlainScreen } from './notice-screen.ts';
import type { Stand } from './stand.ts';

const PASSWORD = 'correct-horse-battery';
const USERNAME = 'bystander';
/** A notice that takes longer was kept waiting by the nonsense of others. Generous: the machine may be busy. */
const LONGEST_MS = 5_000;

/** A user who is on line while others send nonsense, with a plain client and with ours: every notice must come, on the same connection. */
export class FuzzBystander {
  lookCount = 0;
  slowestMs = 0;
  readonly #admin: RestApi;
  readonly #screen: PlainScreen;
  readonly #client: Client;
  readonly #states: string[] = [];

  static async start(stand: Stand): Promise<FuzzBystander> {
    const admin = await stand.master.admin();
    const user = { username: USERNAME, password: PASSWORD, role: 'operator', grants: [] };
    const { data } = (await admin.post('/api/admin/users', user)) as { readonly data: { readonly id: string } }; // its schema
    const { token } = await RestApi.login(stand.master.baseUrl, USERNAME, PASSWORD);
    const screen = new PlainScreen(data.id, () => noticeUrl(stand.master.baseUrl, token));
    const client = await stand.clientAt(() => noticeUrl(stand.master.baseUrl, token), USERNAME);
    return new FuzzBystander(admin, screen, client);
  }

  private constructor(admin: RestApi, screen: PlainScreen, client: Client) {
    this.#admin = admin;
    this.#screen = screen;
    this.#client = client;
    client.subscribe('connection', () => {
      if (client.connection().kind !== 'live') this.#states.push(client.connection().kind);
    });
  }

  /** Sends this user a notice and resolves when both clients show it. */
  async look(): Promise<void> {
    this.lookCount += 1;
    const messageId = `bystander-${this.lookCount}`;
    const startedAt = performance.now();
    await this.#admin.post('/api/admin/system/notice', {
      messageId,
      content: '还在吗？',
      target: { kind: 'users', userIds: [this.#screen.userId] },
    });
    await until(
      `the bystander to be shown ${messageId}`,
      () =>
        this.#screen.shownCounts().has(messageId) &&
        this.#client.notices().list.some(({ notice }) => notice.messageId === messageId),
      { everyMs: 2 },
    );
    this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt);
  }

  /** What was noticed of the others. */
  faults(): string[] {
    const { connectCount } = this.#screen;
    return [
      ...this.#screen.faults,
      ...(connectCount === 1 ? [] : [`the plain client had to connect ${connectCount} times`]),
      ...this.#states.map((state) => `our client went to ${state}`),
      ...(this.slowestMs <= LONGEST_MS ? [] : [`a notice took ${Math.round(this.slowestMs)} ms`]),
    ];
  }

  close(): Promise<void> {
    return this.#screen.close(); // the client is the stand's
  }
}
