/**
 * Fan-out over bare `ws`. Whatever a client sends goes to all but itself. Argument `each`: `send` per client, as one would
 * write it first; `once`: the frame is encoded once and its bytes are written to every socket.
 */
import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { listenAndTell } from './listen.ts';

/** Payloads up to here have a two-byte header, up to the next one a four-byte header. */
const SHORT_LIMIT_BYTES = 126;
const TEXT_FRAME = 0x81;

const isOnce = process.argv[2] === 'once';
const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: true });

function encode(payload: Buffer): Buffer {
  const header =
    payload.length < SHORT_LIMIT_BYTES
      ? Buffer.from([TEXT_FRAME, payload.length])
      : Buffer.from([TEXT_FRAME, SHORT_LIMIT_BYTES, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([header, payload]);
}

/** The TCP socket under a ws one: `ws` keeps it in a private field, which is the only way to write prepared bytes. */
function rawSocket(socket: WebSocket): { write: (bytes: Buffer) => unknown } {
  return (socket as unknown as { _socket: { write: (bytes: Buffer) => unknown } })._socket;
}

sockets.on('connection', (publisher) => {
  publisher.on('message', (data: Buffer) => {
    const frame = isOnce ? encode(data) : data;
    for (const socket of sockets.clients) {
      if (socket === publisher || socket.readyState !== socket.OPEN) continue;
      if (isOnce) rawSocket(socket).write(frame);
      else socket.send(frame, { binary: false });
    }
  });
});

listenAndTell(server);
