/** The thread of `NoticeProbe`: a few clients on an event loop of their own, so that what is measured is the server. */
import { Agent, type IncomingMessage, request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { within } from '@hiscrm/e2e/harness/until.ts';
import { deferred } from '@hiscrm/shared/lib/deferred.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import { CLIENT_PATH } from '@hiscrm/shared/protocol/client-link.ts';
import { WebSocket } from 'ws';
import type { ProbeData, ProbeResult, ProbeRun } from './notice-probe.ts';

/** After the last notice was sent. */
const ARRIVAL_DEADLINE_MS = 20_000;

const port = must(parentPort, 'this file runs as a worker thread');
const { baseUrl, adminToken, users } = workerData as ProbeData; // given by NoticeProbe
const agent = new Agent({ keepAlive: true });
const noticeUrl = `${baseUrl}/api/admin/system/notice`;
const sentAt = new Map<string, number>();
let result: ProbeResult = { fromAcceptMs: [], fromRequestMs: [], refusedCount: 0 };
let hasArrived: (() => void) | undefined;
let number = 0;

const wallNow = (): number => performance.timeOrigin + performance.now();

function onMessage(socket: WebSocket, text: string): void {
  const frame = JSON.parse(text) as { messageId?: string; offset?: number; time?: number }; // the contract's frames
  if (frame.offset === undefined) return;
  const at = wallNow();
  const sent = sentAt.get(frame.messageId ?? '');
  socket.send(JSON.stringify({ type: 'ack', uptoOffset: frame.offset }));
  if (sent === undefined) return; // of the background
  sentAt.delete(frame.messageId ?? '');
  result.fromAcceptMs.push(at - (frame.time ?? 0));
  result.fromRequestMs.push(at - sent);
  hasArrived?.();
}

async function open(token: string): Promise<void> {
  const socket = new WebSocket(`${baseUrl.replace('http', 'ws')}${CLIENT_PATH}?token=${token}`);
  socket.on('message', (data) => onMessage(socket, String(data)));
  await new Promise((resolve, reject) => socket.once('message', resolve).once('error', reject));
  socket.send('{"type":"resume","offset":0}');
}

/** Not by `fetch`: its garbage is collected while a notice arrives. */
function post(notice: object): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const body = Buffer.from(JSON.stringify(notice));
    const headers = {
      authorization: `Bearer ${adminToken}`,
      'content-type': 'application/json',
      'content-length': body.length,
    };
    const onResponse = (response: IncomingMessage): void => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    };
    request(noticeUrl, { method: 'POST', agent, headers }, onResponse).once('error', reject).end(body);
  });
}

async function send(priority: string): Promise<void> {
  number += 1;
  const messageId = `probe-${priority}-${number}`;
  const user = must(users[number % users.length], 'there are users');
  sentAt.set(messageId, wallNow());
  const { status, text } = await post({
    messageId,
    type: 'order_created',
    content: '你好，有新的订单。',
    priority,
    target: { kind: 'users', userIds: [user.userId] },
  });
  if (status === 202) return;
  sentAt.delete(messageId);
  if (status !== 503) throw new Error(`a notice was answered ${status}: ${text}`);
  result.refusedCount += 1;
  hasArrived?.();
}

async function run({ count, everyMs, priority }: ProbeRun): Promise<ProbeResult> {
  result = { fromAcceptMs: [], fromRequestMs: [], refusedCount: 0 };
  const all = deferred<void>();
  hasArrived = () => {
    if (result.fromAcceptMs.length + result.refusedCount === count) all.resolve();
  };
  for (let index = 0; index < count; index++) {
    send(priority).catch(all.reject);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  await within(ARRIVAL_DEADLINE_MS, `${count} ${priority} notices`, all.promise);
  return result;
}

for (const { token } of users) await open(token);
port.on('message', (asked: ProbeRun) => void run(asked).then((answer) => port.postMessage(answer)));
port.postMessage('ready');
