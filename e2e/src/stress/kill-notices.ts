import { setTimeout as pause } from 'node:timers/promises';
import { ADMIN_PASSWORD } from '../harness/master-process.ts';
import { Random } from '../harness/random.ts';
import { RestApi } from '../harness/rest-api.ts';
import { judgeNotices, type NoticeVerdict } from './judge-notices.ts';
import { LibraryScreen, type NoticeScreen, noticeUrl, PlainScreen } from './notice-screen.ts';
import { NoticeWriter } from './notice-writer.ts';
import { Stand } from './stand.ts';
import type { StressOptions, StressResult } from './stress-run.ts';

const PLAIN_COUNT = 4;
const LIBRARY_COUNT = 2;
const PASSWORD = 'correct-horse-battery';
/** A moment within this is likely to be in the middle of something: commits are a few milliseconds each. */
const LONGEST_LIFE_MS = 700;
const JUDGE_EVERY = 5;
/** Between two things that users do. */
const ACT_EVERY_MS = 10;
/** Accepted and not on a screen yet; a hundred waiting ones is what the hub keeps for a user. */
const UNSEEN_LIMIT_COUNT = 60;

/**
 * `kill -9` of the Master at random moments, while notices are sent and users receive, acknowledge, read, confirm and are
 * cut off. After it: everything accepted is on each of its screens once, the records say what the clients saw, the counters
 * equal a recount.
 */
export async function killNotices({ seed, rounds, say }: StressOptions): Promise<StressResult> {
  const random = new Random(seed);
  const stand = await Stand.start('kill-notices', 0);
  const screens: NoticeScreen[] = [];
  let users: Users | undefined;
  try {
    screens.push(...(await openScreens(stand)));
    const writer = new NoticeWriter({
      baseUrl: () => stand.master.baseUrl,
      token: stand.token,
      userIds: screens.map(({ userId }) => userId),
      random,
      mayGoOn: () => unseenCount(writer, screens) < UNSEEN_LIMIT_COUNT,
    });
    users = new Users(screens, random);
    let last: NoticeVerdict = { noticeCount: 0, recordCount: 0, unreadCount: 0 };
    writer.start();
    users.start();
    for (let round = 1; round <= rounds; round++) {
      await pause(random.int(0, LONGEST_LIFE_MS));
      await stand.crash();
      if (round % JUDGE_EVERY !== 0 && round !== rounds) continue;
      users.stop();
      await writer.drain();
      last = await judgeNotices(await stand.master.admin(), writer, screens);
      say(`after ${round} kills: ${JSON.stringify(last)}, ${writer.retryCount} requests sent again`);
      if (round === rounds) break;
      writer.start();
      users.start();
    }
    await stand.verify();
    const plain = screens.filter((screen) => screen instanceof PlainScreen);
    return {
      kills: rounds,
      ...last,
      retries: writer.retryCount,
      connects: plain.reduce((sum, { connectCount }) => sum + connectCount, 0),
      repeatedOnTheWire: plain.reduce((sum, { repeatedCount }) => sum + repeatedCount, 0),
    };
  } finally {
    users?.stop();
    await Promise.all(screens.map((screen) => screen.close()));
    await stand.close();
  }
}

/** Some users with our client, some with a plain one, each with a login of its own. */
async function openScreens(stand: Stand): Promise<NoticeScreen[]> {
  const admin = await RestApi.login(stand.master.baseUrl, 'admin', ADMIN_PASSWORD);
  const screens: NoticeScreen[] = [];
  for (let index = 0; index < PLAIN_COUNT + LIBRARY_COUNT; index++) {
    const username = `screen-${index}`;
    const user = { username, password: PASSWORD, role: 'operator', grants: [] };
    const { data } = (await admin.post('/api/admin/users', user)) as { readonly data: { readonly id: string } }; // its schema
    const { token } = await RestApi.login(stand.master.baseUrl, username, PASSWORD);
    const urlOf = (): string => noticeUrl(stand.master.baseUrl, token);
    screens.push(
      index < PLAIN_COUNT
        ? new PlainScreen(data.id, urlOf)
        : new LibraryScreen(data.id, await stand.clientAt(urlOf, username)),
    );
  }
  return screens;
}

/** The most that is accepted for one user and not on the screen. */
const unseenCount = (writer: NoticeWriter, screens: readonly NoticeScreen[]): number =>
  Math.max(...screens.map((screen) => writer.acceptedCount(screen.userId) - screen.shownCounts().size));

/** Everybody in front of a screen does something now and then. */
class Users {
  readonly #screens: readonly NoticeScreen[];
  readonly #random: Random;
  #timer: NodeJS.Timeout | undefined;

  constructor(screens: readonly NoticeScreen[], random: Random) {
    this.#screens = screens;
    this.#random = random;
  }

  start(): void {
    this.#timer = setInterval(() => this.#random.pick(this.#screens).act(this.#random), ACT_EVERY_MS);
  }

  /** Safe twice. */
  stop(): void {
    clearInterval(this.#timer);
  }
}
