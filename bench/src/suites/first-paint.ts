import { setTimeout as pause } from 'node:timers/promises';
import { buildWeb } from '@hiscrm/e2e/build-web.ts';
import { addAccount, connectClient } from '@hiscrm/e2e/harness/connect-client.ts';
import { FakeWorker } from '@hiscrm/e2e/harness/fake-worker.ts';
import { conversation, message } from '@hiscrm/e2e/harness/make-facts.ts';
import { ADMIN_PASSWORD, MasterProcess } from '@hiscrm/e2e/harness/master-process.ts';
import { tempFolder } from '@hiscrm/e2e/harness/temp-folder.ts';
import { openBrowser, Screen } from '@hiscrm/e2e/screen.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { WORKER_BATCH_LIMIT_COUNT } from '@hiscrm/shared/protocol/worker-link.ts';
import { serverCpu } from '../lib/machine.ts';
import { countBytes, type Frames, measureFrames, readShown, type Shown, watchPage } from '../lib/page-watch.ts';
import { atMost, figure, type SuiteReport } from '../lib/report.ts';
import { median, percentile } from '../lib/statistics.ts';
import type { SuiteOptions } from '../lib/suite.ts';

const ACCOUNT_COUNT = 50;
const TOPICS_AN_ACCOUNT = 10;
/** Topic of the first account that is long. */
const LONG_TOPIC = 0;
const ROUND_COUNT = 7;
/** A frame that somebody notices. */
const LATE_FRAME_MS = 50;
const WHEEL_PX = 600;
const WHEEL_EVERY_MS = 16;
const WHEEL_COUNT = 500;
/** Up for so long, the rest down again. */
const UP_SHARE = 0.7;
const SETTLE_MS = 1_500;

type Browser = Awaited<ReturnType<typeof openBrowser>>;
type Size = { readonly spread: number; readonly long: number; readonly rounds: number; readonly wheels: number };
type Visit = Shown & { readonly httpBytes: number; readonly socketBytes: number };
type Found = { readonly login: Visit[]; readonly cold: Visit[]; readonly warm: Visit[]; readonly frames: Frames };

/** Measures what somebody waits for who opens the PC client of a full Master, and how the long list scrolls. */
export async function firstPaint({ isQuick }: SuiteOptions): Promise<SuiteReport> {
  const size: Size = isQuick
    ? { spread: 2_000, long: 2_000, rounds: 1, wheels: 60 }
    : { spread: 100_000, long: 100_000, rounds: ROUND_COUNT, wheels: WHEEL_COUNT };
  await buildWeb();
  const folder = tempFolder('bench-paint');
  const master = await MasterProcess.start({ dataDir: folder.path, cpu: serverCpu() });
  const browser = await openBrowser();
  try {
    const accountId = await fill(master, size);
    return toReport(await measureAll(browser, master, accountId, size), size);
  } finally {
    await browser.close();
    await master.close();
    folder.remove();
  }
}

/** Every account gets its share of messages, the first one a long conversation besides. Resolves with the first one. */
async function fill(master: MasterProcess, { spread, long }: Size): Promise<AccountId> {
  const { token } = await master.admin();
  const client = await connectClient(() => master.socketUrl(token), 'bench');
  const key = await master.workerKey('bench');
  const worker = await FakeWorker.connect({ baseUrl: master.baseUrl, key, workerId: 'bench' });
  let first: AccountId | undefined;
  for (let index = 0; index < ACCOUNT_COUNT; index++) {
    const accountId = await addAccount(client, `账号 ${index}`);
    first ??= accountId;
    const each = spread / ACCOUNT_COUNT / TOPICS_AN_ACCOUNT;
    for (let topic = 1; topic <= TOPICS_AN_ACCOUNT; topic++) {
      await fillTopic(worker, accountId, topic, { from: topic * each, count: each });
    }
  }
  const accountId = must(first, 'there are accounts');
  await fillTopic(worker, accountId, LONG_TOPIC, { from: 1_000_000, count: long });
  worker.close();
  client.close();
  return accountId;
}

async function fillTopic(
  worker: FakeWorker,
  accountId: AccountId,
  topic: number,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<void> {
  const size = WORKER_BATCH_LIMIT_COUNT - 10;
  for (let n = 0; n < count; n += size) {
    const items = Array.from({ length: Math.min(size, count - n) }, (_, at) =>
      message(accountId, topic, from + n + at, { direction: (n + at) % 4 === 3 ? 'out' : 'in' }),
    );
    const answer = await worker.send(accountId, [conversation(accountId, topic), ...items]);
    if (!answer.ok) throw new Error(`the messages were refused: ${JSON.stringify(answer.error)}`);
  }
}

async function measureAll(browser: Browser, master: MasterProcess, accountId: AccountId, size: Size): Promise<Found> {
  const inbox = `${master.baseUrl}/#/inbox/${accountId}/messages/c${LONG_TOPIC}`;
  const login: Visit[] = [];
  const cold: Visit[] = [];
  const warm: Visit[] = [];
  let frames: Frames | undefined;
  // The first round warms the Master and the browser's own processes; it is not counted.
  for (let round = 0; round <= size.rounds; round++) {
    const door = await openPage(browser);
    const atDoor = await visit(door, 'button[type="submit"]', () => door.screen.page.goto(master.baseUrl));
    await door.screen.login('admin', ADMIN_PASSWORD);
    const cookies = await door.screen.page.context().cookies();
    await door.screen.close();
    // Another browser profile with the session alone: nothing of the client is in its cache.
    const desk = await openPage(browser);
    await desk.screen.page.context().addCookies(cookies);
    const first = await visit(desk, '[data-item]', () => desk.screen.page.goto(inbox));
    const again = await visit(desk, '[data-item]', () => desk.screen.page.reload());
    if (round > 0) {
      login.push(atDoor);
      cold.push(first);
      warm.push(again);
    }
    if (round === size.rounds) frames = await scroll(desk.screen, size.wheels);
    await desk.screen.close();
  }
  return { login, cold, warm, frames: must(frames, 'there is a last round') };
}

type Opened = { readonly screen: Screen; readonly bytes: Awaited<ReturnType<typeof countBytes>> };

async function openPage(browser: Browser): Promise<Opened> {
  const screen = await Screen.open(browser, 'about:blank');
  await watchPage(screen.page);
  return { screen, bytes: await countBytes(screen.page) };
}

/** Goes somewhere and resolves with when each part was there, once `ready` is. */
async function visit(opened: Opened, ready: string, go: () => Promise<unknown>): Promise<Visit> {
  const { page } = opened.screen;
  const before = opened.bytes();
  await go();
  await page.locator(ready).first().waitFor();
  // What is asked for last (the bell's history, read marks) counts as well.
  await pause(SETTLE_MS);
  const after = opened.bytes();
  return {
    ...(await readShown(page)),
    httpBytes: after.http - before.http,
    socketBytes: after.socket - before.socket,
  };
}

/** Turns the wheel up through the long conversation, and back down a part of it. */
function scroll({ page }: Screen, wheelCount: number): Promise<Frames> {
  return measureFrames(page, '[data-list="messages"]', async () => {
    await page.locator('[data-list="messages"]').hover();
    for (let turn = 0; turn < wheelCount; turn++) {
      await page.mouse.wheel(0, turn < wheelCount * UP_SHARE ? -WHEEL_PX : WHEEL_PX);
      await pause(WHEEL_EVERY_MS);
    }
  });
}

function toReport({ login, cold, warm, frames }: Found, { spread, long }: Size): SuiteReport {
  const middle = (visits: readonly Visit[], of: (visit: Visit) => number): number => median(visits.map(of));
  const line = (name: string, visits: readonly Visit[]): string[] => [
    name,
    figure(middle(visits, (visit) => visit.firstPaintMs)),
    figure(middle(visits, (visit) => visit.accountsMs)),
    figure(middle(visits, (visit) => visit.topicsMs)),
    figure(middle(visits, (visit) => visit.messagesMs)),
    figure(middle(visits, (visit) => visit.httpBytes) / 1_000),
    figure(middle(visits, (visit) => visit.socketBytes) / 1_000),
  ];
  const lateCount = frames.gapsMs.filter((gap) => gap > LATE_FRAME_MS).length;
  const inboxMs = (visits: readonly Visit[]): number =>
    middle(visits, ({ accountsMs, topicsMs }) => Math.max(accountsMs, topicsMs));
  return {
    name: 'First paint',
    method:
      `A Master of ${ACCOUNT_COUNT} accounts with ${spread.toLocaleString('en')} messages, and one conversation of ${long.toLocaleString('en')} besides; the built ` +
      `client in a real Chromium that shares the load generator's core, ${cold.length} times (medians). Milliseconds count from the ` +
      'beginning of the navigation to the frame in which the part stands on the screen.',
    tables: [
      {
        head: ['visit', 'first paint', 'accounts', 'topics', 'messages', 'HTTP kB', 'WebSocket kB'],
        rows: [
          line('login page, nothing cached', login),
          line('inbox with the long conversation, nothing cached', cold),
          line('the same again', warm),
        ],
      },
      {
        head: [
          'scrolling the long conversation',
          'frames',
          `over ${LATE_FRAME_MS} ms`,
          'p50 ms',
          'p99 ms',
          'longest',
          'blank',
        ],
        rows: [
          [
            'wheel, a screen each turn',
            figure(frames.gapsMs.length),
            figure(lateCount),
            figure(percentile(frames.gapsMs, 0.5)),
            figure(percentile(frames.gapsMs, 0.99)),
            figure(percentile(frames.gapsMs, 1)),
            figure(frames.blankCount),
          ],
        ],
      },
    ],
    verdicts: [
      atMost('login page painted', middle(login, ({ firstPaintMs }) => firstPaintMs) / 1_000, 1, 's'),
      atMost(
        'first paint for who is logged in, nothing cached',
        middle(cold, ({ firstPaintMs }) => firstPaintMs) / 1_000,
        1,
        's',
      ),
      atMost(
        'accounts shown (names and badges), nothing cached',
        middle(cold, ({ accountsMs }) => accountsMs) / 1_000,
        1,
        's',
      ),
      atMost('inbox shown (accounts and topics), nothing cached', inboxMs(cold) / 1_000, 1, 's'),
      atMost('inbox shown, second visit', inboxMs(warm) / 1_000, 1, 's'),
    ],
    notes: [],
  };
}
