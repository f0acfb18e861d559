import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addAccount, connectClient } from '@hiscrm/e2e/harness/connect-client.ts';
import { FakeWorker } from '@hiscrm/e2e/harness/fake-worker.ts';
import { conversation, message } from '@hiscrm/e2e/harness/make-facts.ts';
import { MasterProcess } from '@hiscrm/e2e/harness/master-process.ts';
import { tempFolder } from '@hiscrm/e2e/harness/temp-folder.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import { generatorName, httpLoad } from '../lib/http-load.ts';
import { serverCpu } from '../lib/machine.ts';
import { startPeer } from '../lib/peer-process.ts';
import { processUse } from '../lib/process-use.ts';
import { atLeast, figure, ratio, type SuiteReport } from '../lib/report.ts';
import { median } from '../lib/statistics.ts';
import type { SuiteOptions } from '../lib/suite.ts';

/** As in the BASELINE: one page of this many conversations. */
const CONVERSATION_COUNT = 38;

type Target = {
  readonly name: string;
  readonly pid: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
};
type Measured = {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuUs: number;
};

/** Measures the conversation list over REST against the same bytes from a bare server and from Express. */
export async function rest({ isQuick }: SuiteOptions): Promise<SuiteReport> {
  const folder = tempFolder('bench-rest');
  const master = await MasterProcess.start({ dataDir: join(folder.path, 'data'), cpu: serverCpu() });
  const path = await fill(master);
  const { token } = await master.admin();
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${master.baseUrl}${path}`, { headers });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${body}`);
  const file = join(folder.path, 'list.json');
  writeFileSync(file, body);
  const bare = await startPeer('rest-node-http', serverCpu(), [file]);
  const express = await startPeer('rest-express', serverCpu(), [file]);
  try {
    const targets: Target[] = [
      { name: 'HisCRM-IM, token checked, ETag', pid: master.pid, url: `${master.baseUrl}${path}`, headers },
      { name: 'node:http, same bytes', pid: bare.child.pid, url: `http://127.0.0.1:${bare.port}/list`, headers },
      { name: 'Express, res.json', pid: express.child.pid, url: `http://127.0.0.1:${express.port}/list`, headers },
    ];
    const results = await measureInTurns(targets, isQuick ? 1 : 5, isQuick ? 1 : 3);
    return toReport(results, Buffer.byteLength(body), answer.headers.get('etag') !== null);
  } finally {
    await Promise.all([master.close(), bare.child.close(), express.child.close()]);
    folder.remove();
  }
}

/** Gives the account its conversations; resolves with the list's address. */
async function fill(master: MasterProcess): Promise<string> {
  const { token } = await master.admin();
  const client = await connectClient(() => master.socketUrl(token), 'bench');
  const accountId = await addAccount(client, 'rest');
  client.close();
  const key = await master.workerKey('bench');
  const worker = await FakeWorker.connect({ baseUrl: master.baseUrl, key, workerId: 'bench' });
  const topics = Array.from({ length: CONVERSATION_COUNT }, (_, index) => index);
  const answer = await worker.send(
    accountId,
    topics.flatMap((topic) => [conversation(accountId, topic), message(accountId, topic, topic)]),
  );
  worker.close();
  if (!answer.ok) throw new Error(`the conversations were refused: ${JSON.stringify(answer.error)}`);
  return `/api/im/conversations?account_id=${accountId}&count=50`;
}

/** One run of each, then the next of each: a disturbance hits all of them alike. */
async function measureInTurns(targets: readonly Target[], rounds: number, seconds: number): Promise<Measured[]> {
  const runs = new Map<string, Measured[]>(targets.map(({ name }) => [name, []]));
  for (const { url, headers } of targets) await httpLoad(url, headers, 1);
  for (let round = 0; round < rounds; round++) {
    for (const { name, pid, url, headers } of targets) {
      const before = processUse(pid).cpuUs;
      const load = await httpLoad(url, headers, seconds);
      const cpuUs = (processUse(pid).cpuUs - before) / (load.requestsPerSecond * seconds);
      runs.get(name)?.push({ name, ...load, cpuUs });
    }
  }
  return [...runs.values()].map((all) => ({
    name: must(all[0], 'at least one round').name,
    requestsPerSecond: median(all.map((run) => run.requestsPerSecond)),
    p50Ms: median(all.map((run) => run.p50Ms)),
    p99Ms: median(all.map((run) => run.p99Ms)),
    cpuUs: median(all.map((run) => run.cpuUs)),
  }));
}

function toReport(results: readonly Measured[], bodyBytes: number, hasEtag: boolean): SuiteReport {
  const [ours, bare, express] = results.map((result) => ({ rate: result.requestsPerSecond, cpuUs: result.cpuUs }));
  if (!ours || !bare || !express) throw new Error('not all three were measured');
  const against = (claim: string, peer: typeof ours, target: number) =>
    ratio(claim, { ours: ours.rate, peer: peer.rate }, { ours: ours.cpuUs, peer: peer.cpuUs }, target);
  return {
    name: 'REST',
    method:
      `A list of ${CONVERSATION_COUNT} conversations, ${figure(bodyBytes)} B, 50 connections, ${generatorName()}, the servers in turns. ` +
      'Ours checks a bearer token at every request; the peers check nothing. All three send the same body.',
    tables: [
      {
        head: ['server', 'requests/s', 'p50 / p99 ms', 'CPU µs a request'],
        rows: results.map((result) => [
          result.name,
          figure(result.requestsPerSecond),
          `${figure(result.p50Ms)} / ${figure(result.p99Ms)}`,
          figure(result.cpuUs),
        ]),
      },
    ],
    verdicts: [
      against('against bare node:http', bare, 0.8),
      against('against Express', express, 5),
      atLeast('one core', ours.rate, 10_000, 'requests/s'),
    ],
    notes: [
      ...(hasEtag ? [] : ['Our answer carried no ETag.']),
      ...(generatorName() === 'wrk' ? [] : ['autocannon is the limit above about 36,000 requests/s; install wrk.']),
    ],
  };
}
