import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type ClientVersion, Peer } from './compat/testing/peer.ts';
import { STRANGER_FRAME_LIMIT_BYTES } from './limit-strangers.ts';
import { createSocketIoServer } from './socket-io-server.ts';

const TOO_BIG = 1009;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server that lets everybody with a token into `/worker`, and gives back how long a text was. */
async function open(connectionLimitCount = 100): Promise<string> {
  const httpServer = createServer();
  const io = createSocketIoServer({ httpServer, allowedOrigins: [], connectionLimitCount });
  closers.push(() => io.close());
  const worker = io.of('/worker');
  worker.use((socket, next) => next(socket.handshake.auth.token === 'known' ? undefined : new Error('who?')));
  worker.on('connection', (socket) =>
    socket.on('text', (text: string) => socket.emit('length', { length: text.length })),
  );
  httpServer.listen(0, '127.0.0.1');
  await once(httpServer, 'listening');
  return `127.0.0.1:${(httpServer.address() as AddressInfo).port}`; // it listens
}

const SOCKET = '/socket.io/?EIO=4&transport=websocket';

test.each([
  ['as its first frame', []],
  ['after it was refused', ['40/worker,{"token":"other"}']],
])('a stranger’s large frame ends its connection before it is whole: %s', async (_name, first) => {
  const address = await open();
  const socket = new WebSocket(`ws://${address}${SOCKET}`);
  await once(socket, 'message');
  for (const frame of first) {
    socket.send(frame);
    await once(socket, 'message');
  }
  const closed = once(socket, 'close');
  socket.send('4'.repeat(STRANGER_FRAME_LIMIT_BYTES + 1));
  expect((await closed)[0]).toBe(TOO_BIG);
});

test('a stranger that polls is refused the same', async () => {
  const address = await open();
  const base = `http://${address}/socket.io/?EIO=4&transport=polling`;
  const hello = await (await fetch(base)).text();
  const { sid } = JSON.parse(hello.slice(1));
  const answer = await fetch(`${base}&sid=${sid}`, {
    method: 'POST',
    body: '4'.repeat(STRANGER_FRAME_LIMIT_BYTES + 1),
  });
  expect(answer.status).toBe(413);
});

test.each<[ClientVersion, readonly string[]]>([
  ['4.6', ['websocket']],
  ['4.8', ['websocket']],
  ['4.6', ['polling', 'websocket']],
  ['4.8', ['polling', 'websocket']],
  ['4.8', ['polling']],
])('who was let in may send a whole snapshot: %s over %s', async (version, transports) => {
  const peer = new Peer(`http://${await open()}/worker`, { version, transports, auth: { token: 'known' } });
  closers.push(() => peer.close());
  await peer.opened;
  for (let count = 0; count < 2; count++) {
    peer.emit('text', 'x'.repeat(10_000_000));
    expect(await peer.next('length')).toEqual({ length: 10_000_000 });
  }
});

test('beyond the limit nobody more comes in, until somebody leaves', async () => {
  const address = await open(1);
  const first = new Peer(`http://${address}/worker`, { auth: { token: 'known' } });
  await first.opened;
  const second = new Peer(`http://${address}/worker`, { auth: { token: 'known' } });
  await expect(second.opened).rejects.toThrow();
  first.close();
  await expect
    .poll(async () => {
      const third = new Peer(`http://${address}/worker`, { auth: { token: 'known' } });
      closers.push(() => third.close());
      return await third.opened.then(
        () => 'in',
        () => 'out',
      );
    })
    .toBe('in');
});
