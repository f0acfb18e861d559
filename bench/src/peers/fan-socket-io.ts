/** Fan-out over Socket.IO: `io.emit` of whatever a client publishes. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { listenAndTell } from './listen.ts';

/** Heartbeats are no part of the measurement. */
const NO_PING_MS = 600_000;

const server = createServer();
const io = new Server(server, {
  serveClient: false,
  transports: ['websocket'],
  pingInterval: NO_PING_MS,
  pingTimeout: NO_PING_MS,
});
io.on('connection', (socket) => {
  socket.on('publish', (text: string) => io.emit('m', text));
});

listenAndTell(server);
