import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createSocketIoServer } from '../socket-io-server.ts';
import { PreparedLine, preparePacket } from './prepared-packet.ts';
import { type ClientVersion, Peer } from './testing/peer.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server, a client of it, and the line to that client. */
async function open(options: { readonly version?: ClientVersion; readonly transports?: readonly string[] } = {}) {
  const httpServer = createServer();
  const io = createSocketIoServer({ httpServer, allowedOrigins: [], connectionLimitCount: 100 });
  httpServer.listen(0, '127.0.0.1');
  await once(httpServer, 'listening');
  closers.push(() => io.close());
  const connected = once(io, 'connection');
  const { port } = httpServer.address() as AddressInfo; // it listens
  const peer = new Peer(`http://127.0.0.1:${port}`, options);
  closers.push(() => peer.close());
  const [socket] = await connected;
  await peer.opened;
  return { io, peer, socket, line: new PreparedLine(socket) };
}

test.each<ClientVersion>(['4.6', '4.8'])('prepared packets and others arrive whole, in order: %s', async (version) => {
  const { io, peer, socket, line } = await open({ version });
  const big = '汉😀'.repeat(40_000);
  for (let n = 0; n < 50; n++) {
    line.send(preparePacket(io, '/', 'prepared', { n, text: n % 10 === 0 ? big : `第${n}条` }));
    if (n % 3 === 0) socket.emit('plain', { n });
    if (n % 20 === 19) await new Promise((resolve) => setImmediate(resolve));
  }
  socket.emit('end', {});
  await peer.next('end');
  const order = peer.heard.map(({ event, payload }) => `${event} ${(payload as { n?: number }).n}`);
  const right = Array.from({ length: 50 }, (_, n) => [`prepared ${n}`, ...(n % 3 === 0 ? [`plain ${n}`] : [])]).flat();
  expect(order).toEqual([...right, 'end undefined']);
  expect(peer.heard[0]?.payload).toEqual({ n: 0, text: big });
});

test('on a WebSocket a prepared packet takes no way through Engine.IO; behind one that is under way it waits', async () => {
  const { io, socket, line, peer } = await open();
  await expect.poll(() => socket.conn.transport.writable).toBe(true);
  let packetCount = 0;
  socket.conn.on('packetCreate', () => packetCount++);
  line.send(preparePacket(io, '/', 'prepared', { n: 1 }));
  expect(packetCount).toBe(0);
  socket.emit('plain', {});
  line.send(preparePacket(io, '/', 'prepared', { n: 2 }));
  expect(packetCount).toBe(2);
  expect(line.waitingBytes).toBeGreaterThan(0);
  await peer.next('prepared', ({ n }) => n === 2);
  await expect.poll(() => line.waitingBytes).toBe(0);
});

test('what is sent while the line is held goes out when it is let go, in order', async () => {
  const { io, line, peer } = await open();
  const packets = [1, 2, 3].map((n) => preparePacket(io, '/', 'prepared', { n }));
  line.hold();
  for (const packet of packets) line.send(packet);
  expect(line.waitingBytes).toBe(packets.reduce((sum, { frame }) => sum + frame.length, 0));
  line.release();
  await peer.next('prepared', ({ n }) => n === 3);
  expect(peer.heard.map(({ payload }) => (payload as { n: number }).n)).toEqual([1, 2, 3]);
  expect(line.waitingBytes).toBe(0);
});

test('a client that polls is sent the same', async () => {
  const { io, peer, line } = await open({ transports: ['polling'] });
  line.hold();
  line.send(preparePacket(io, '/', 'prepared', { n: 1, text: '你好' }));
  line.send(preparePacket(io, '/', 'prepared', { n: 2 }));
  line.release();
  expect(await peer.next('prepared')).toEqual({ n: 1, text: '你好' });
  expect(await peer.next('prepared')).toEqual({ n: 2 });
});

test('a client that begins with polling and goes over to a WebSocket misses nothing', async () => {
  const { io, peer, socket, line } = await open({ transports: ['polling', 'websocket'] });
  let n = 0;
  await expect
    .poll(() => {
      line.send(preparePacket(io, '/', 'prepared', { n: ++n }));
      return socket.conn.transport.name;
    })
    .toBe('websocket');
  for (let more = 0; more < 5; more++) line.send(preparePacket(io, '/', 'prepared', { n: ++n }));
  await peer.next('prepared', (payload) => payload.n === n);
  expect(peer.heard.map(({ payload }) => (payload as { n: number }).n)).toEqual(
    Array.from({ length: n }, (_, at) => at + 1),
  );
});

test('what is sent to a client that is gone is dropped', async () => {
  const { io, peer, socket, line } = await open();
  peer.close();
  await expect.poll(() => socket.connected).toBe(false);
  line.send(preparePacket(io, '/', 'prepared', {}));
  expect(peer.names()).not.toContain('prepared');
});
