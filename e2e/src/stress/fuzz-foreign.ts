import { CLIENT_EVENT, CLIENT_NAMESPACE } from '@hiscrm/master/sockets/compat-client/client-event.ts';
import { MONITOR_EVENT } from '@hiscrm/master/sockets/compat-monitor/monitor-event.ts';
import { FOREIGN_EVENT, FOREIGN_TYPE } from '@hiscrm/master/sockets/compat-worker/worker-event.ts';
import { CLIENT_PATH } from '@hiscrm/shared/protocol/client-link.ts';
import { WORKER_EVENT, WORKER_MESSAGE, WORKER_NAMESPACE } from '@hiscrm/shared/protocol/worker-link.ts';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { Random } from '../harness/random.ts';
import { bend, NASTY } from './bend.ts';
import type { Stand } from './stand.ts';

const EVENTS_A_SOCKET = 20;
/** A socket that the server neither answers nor closes is closed from this side. */
const PATIENCE_MS = 2_000;

/** Makes accounts: their number would only grow. */
const SPARED = new Set<string>([MONITOR_EVENT.createAccount, MONITOR_EVENT.deleteAccount]);
const MONITOR_EVENTS = Object.values(MONITOR_EVENT).filter((name) => !SPARED.has(name));

/** Existing clients, desktop parts and Workers that say anything but what they should. Gives how many events they sent. */
export async function fuzzForeignSockets(stand: Stand, random: Random): Promise<number> {
  let sentCount = 0;
  const fields = {
    channelId: 'a',
    topicId: 'b',
    type: 'comment',
    id: '1',
    ids: ['1'],
    content: 'x',
    account_id: 'a',
    count: 5,
  };
  sentCount += await emitSome(stand, { namespace: '/', auth: { token: stand.token } }, () => [
    random.pick(MONITOR_EVENTS),
    bend(fields, random),
  ]);
  sentCount += await emitSome(stand, { namespace: CLIENT_NAMESPACE, auth: { token: stand.token } }, () => [
    random.pick(Object.values(CLIENT_EVENT)),
    bend({ type: random.pick(NASTY), payload: fields }, random),
  ]);
  sentCount += await emitSome(stand, { namespace: WORKER_NAMESPACE, auth: { key: stand.workerKey } }, () => {
    const payload = {
      workerId: 'foreign',
      accountId: 'a',
      snapshot: { data: { comments: [fields], messages: [fields] } },
    };
    const type = random.pick([...Object.values(FOREIGN_TYPE), WORKER_MESSAGE.register, WORKER_MESSAGE.heartbeat]);
    return random.chance(0.8)
      ? [WORKER_EVENT, bend({ type, version: 'v1', payload, timestamp: 1 }, random)]
      : [random.pick(Object.values(FOREIGN_EVENT)), bend(payload, random)];
  });
  return sentCount;
}

type Door = { readonly namespace: string; readonly auth: Readonly<Record<string, string>> };

async function emitSome(
  stand: Stand,
  { namespace, auth }: Door,
  make: () => readonly [string, unknown],
): Promise<number> {
  const socket = io(`${stand.master.baseUrl}${namespace}`, {
    auth,
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
  });
  await new Promise<void>((resolve) => {
    socket.once('connect', () => resolve());
    socket.once('connect_error', () => resolve()); // the door may be shut; that it answers is what counts
  });
  let count = 0;
  for (; count < EVENTS_A_SOCKET && socket.connected; count++) {
    const [name, value] = make();
    socket.emit(name, value, () => undefined);
  }
  await new Promise((resolve) => setImmediate(resolve));
  socket.close();
  return count;
}

/** The notice socket: no subprotocol, small frames. Gives how many it sent. */
export async function fuzzNoticeSocket(stand: Stand, random: Random): Promise<number> {
  const socket = new WebSocket(`${stand.master.baseUrl.replace('http', 'ws')}${CLIENT_PATH}?token=${stand.token}`);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => socket.terminate()); // the server may hang up on nonsense
  await Promise.race([new Promise((resolve) => socket.once('open', resolve)), closed]);
  let count = 0;
  for (; count < EVENTS_A_SOCKET && socket.readyState === socket.OPEN; count++) {
    const frame = random.pick<object>([
      { type: 'resume', offset: random.int(-1, 9) },
      { type: 'ack', messageId: 'x', offset: 1 },
      { type: 'read', messageIds: ['x'] },
      { type: 'confirm', messageId: random.pick(NASTY) },
      { type: 'ping' },
    ]);
    socket.send(JSON.stringify(bend(frame, random)).slice(0, random.chance(0.1) ? 9 : undefined));
  }
  socket.close();
  setTimeout(() => socket.terminate(), PATIENCE_MS).unref();
  await closed;
  return count;
}
