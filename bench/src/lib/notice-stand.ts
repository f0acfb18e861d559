import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MasterProcess } from '@hiscrm/e2e/harness/master-process.ts';
import type { RestApi } from '@hiscrm/e2e/harness/rest-api.ts';
import { hashToken } from '@hiscrm/master/auth/sessions.ts';
import { AuthTables } from '@hiscrm/master/log/auth-tables.ts';
import { serverCpu } from './machine.ts';

/** A user of the bench, with a session that lives as long as the data folder. */
export type BenchUser = { readonly userId: string; readonly username: string; readonly token: string };

type MasterEnv = Readonly<Record<string, string>>;

/** No password has this hash: these users only ever come with a token. */
const NO_PASSWORD = 'none';
const TOKEN_BYTES = 32;

/** A Master whose users were written into its file, as logging ten thousand of them in takes minutes of hashing. */
export class NoticeStand {
  readonly users: readonly BenchUser[];
  readonly #dataDir: string;
  readonly #env: MasterEnv;
  #master: MasterProcess;
  #admin: RestApi;

  private constructor(options: {
    readonly users: readonly BenchUser[];
    readonly dataDir: string;
    readonly env: MasterEnv;
    readonly master: MasterProcess;
    readonly admin: RestApi;
  }) {
    this.#env = options.env;
    this.users = options.users;
    this.#dataDir = options.dataDir;
    this.#master = options.master;
    this.#admin = options.admin;
  }

  /** Gives a data folder `userCount` users, the last of whom is the administrator, and starts a Master on it. */
  static async start(dataDir: string, userCount: number, env: MasterEnv = {}): Promise<NoticeStand> {
    const seeded = seedUsers(dataDir, userCount - 1);
    const master = await startMaster(dataDir, env);
    const admin = await master.admin();
    const me = (await admin.get('/api/auth/me')) as { readonly user: { readonly id: string } }; // the route's schema
    const users = [...seeded, { userId: me.user.id, username: 'admin', token: admin.token }];
    return new NoticeStand({ users, dataDir, env, master, admin });
  }

  get master(): MasterProcess {
    return this.#master;
  }
  /** REST as the administrator. */
  get admin(): RestApi {
    return this.#admin;
  }

  /** `kill -9`, and a new process on the same folder. */
  async crash(): Promise<void> {
    await this.#master.killNow();
    this.#master = await startMaster(this.#dataDir, this.#env);
    this.#admin = await this.#master.admin();
  }

  close(): Promise<void> {
    return this.#master.close();
  }
}

const startMaster = (dataDir: string, env: MasterEnv): Promise<MasterProcess> =>
  MasterProcess.start({ dataDir, cpu: serverCpu(), env });

/** Writes users and their sessions. Users of an earlier call stay; their tokens are known to nobody any more. */
function seedUsers(dataDir: string, userCount: number): readonly BenchUser[] {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'hiscrm.db');
  const isFresh = !existsSync(file);
  const users = Array.from({ length: userCount }, (_, index) => {
    const name = `bench-${String(index).padStart(5, '0')}`;
    return { userId: `user-${name}`, username: name, token: randomBytes(TOKEN_BYTES).toString('base64url') };
  });
  const tables = new AuthTables(file);
  const now = Date.now();
  tables.inOneWrite(() => {
    for (const { userId, username, token } of users) {
      const grants = JSON.stringify([]);
      if (isFresh) {
        const access = { role: 'viewer', grants, passwordHash: NO_PASSWORD, mustChangePassword: false };
        tables.putUser({ id: userId, username, ...access, createdAt: now });
      }
      tables.putSession({ tokenHash: hashToken(token), userId, createdAt: now, usedAt: now });
    }
  });
  tables.close();
  return users;
}
