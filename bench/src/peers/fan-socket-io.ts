/** Fan-out over Socket.IO: `io.emit` of whatever a client publishes. Argument `ack`: every client is asked to acknowledge. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { listenAndTell } from './listen.ts';

/** Heartbeats are no part of the measurement. */
const NO_PING_MS = 600_000;
const ACK_PATIENCE_MS = 60_000;

const isAcknowledged = process.argv[2] === 'ack';

const server = createServer();
const io = new Server(server, {
  serveClient: false,
  transports: ['websocket'],
  pingInterval: NO_PING_MS,
  pingTimeout: NO_PING_MS,
});
io.on('connection', (socket) => {
  socket.on('publish', (text: string) => {
    if (isAcknowledged) io.timeout(ACK_PATIENCE_MS).emit('m', text, () => undefined);
    else io.emit('m', text);
  });
});

listenAndTell(server);
