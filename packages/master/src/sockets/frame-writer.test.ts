import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { WebSocket as Client, WebSocketServer } from 'ws';
import { textFrame } from '../hub/prepared-frame.ts';
import { FrameWriter } from './frame-writer.ts';

let cleanUp: (() => Promise<void>) | undefined;
afterEach(() => cleanUp?.());

/** Both ends of one connection over loopback. */
async function openPair(perMessageDeflate: boolean): Promise<{ ws: WebSocket; stream: Duplex; client: Client }> {
  const httpServer = createServer();
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate });
  const served = new Promise<{ ws: WebSocket; stream: Duplex }>((resolve) => {
    httpServer.on('upgrade', (request, stream, head) =>
      wss.handleUpgrade(request, stream, head, (ws) => resolve({ ws, stream })),
    );
  });
  await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve));
  const client = new Client(`ws://127.0.0.1:${(httpServer.address() as AddressInfo).port}`, { perMessageDeflate });
  cleanUp = async () => {
    client.terminate();
    await new Promise((resolve) => httpServer.close(resolve));
  };
  await new Promise((resolve) => client.once('open', resolve));
  return { ...(await served), client };
}

test('[CL14] prepared frames, the library’s own and the close arrive in the order of calls', async () => {
  const { ws, stream, client } = await openPair(false);
  const heard: string[] = [];
  client.on('message', (data: Buffer) => heard.push(`${data.length < 20 ? data.toString() : data.length}`));
  client.on('ping', (data: Buffer) => heard.push(`ping ${data.toString()}`));
  const closed = new Promise<number>((resolve) => client.once('close', resolve));
  const writer = new FrameWriter(ws, stream);
  writer.write(textFrame('one'));
  ws.send('two');
  ws.ping('three');
  writer.write(textFrame('x'.repeat(300_000)));
  ws.send('five');
  writer.write(textFrame('six'));
  ws.close(4002, 'tooSlow');
  writer.write(textFrame('after the close'));
  expect(await closed).toBe(4002);
  expect(heard).toEqual(['one', 'two', 'ping three', '300000', 'five', 'six']);
});

test('[CL14] frames that were kept go out in front of the next one, or when they are flushed, or when they are many', async () => {
  const { ws, stream, client } = await openPair(false);
  const heard: string[] = [];
  client.on('message', (data: Buffer) => heard.push(`${data.length < 20 ? data.toString() : data.length}`));
  const closed = new Promise((resolve) => client.once('close', resolve));
  const writer = new FrameWriter(ws, stream);
  writer.keep(textFrame('one'));
  writer.keep(textFrame('two'));
  expect(writer.bufferedBytes).toBe(10);
  writer.write(textFrame('three'));
  writer.keep(textFrame('four'));
  writer.flush();
  writer.flush();
  writer.keep(textFrame('y'.repeat(20_000)));
  writer.write(textFrame('six'));
  ws.close();
  await closed;
  expect(heard).toEqual(['one', 'two', 'three', 'four', '20000', 'six']);
});

test('[CL14] a compressed socket is refused', async () => {
  const { ws, stream } = await openPair(true);
  expect(() => new FrameWriter(ws, stream)).toThrow(/compressed/);
});

test('[HB8] what waits is counted, and who waits for it hears when it is gone or the peer is', async () => {
  const { ws, stream, client } = await openPair(false);
  const writer = new FrameWriter(ws, stream);
  await writer.drained();
  client.pause();
  while (writer.bufferedBytes < 1_000_000) writer.write(textFrame('x'.repeat(500_000)));
  const drained = writer.drained();
  client.resume();
  await drained;
  client.pause();
  while (writer.bufferedBytes < 1_000_000) writer.write(textFrame('x'.repeat(500_000)));
  const gone = writer.drained();
  client.terminate();
  await gone;
});
