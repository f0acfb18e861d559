import type { Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import { type ServerOptions, WebSocketServer } from 'ws';
import { limitStrangers } from './limit-strangers.ts';

/** Existing Workers send a whole snapshot as one message; the largest seen is below this. */
export const SOCKET_IO_FRAME_LIMIT_BYTES = 16 * 1024 * 1024;
/** A connection that joined no namespace after this long is closed: it has shown no key or login. */
const JOIN_PATIENCE_MS = 10_000;
/** The deployed system's values: its clients expect to be pinged so often. */
const PING_INTERVAL_MS = 25_000;
const PING_TIMEOUT_MS = 60_000;

/** Reads at most one message of a socket in a turn of the event loop: batches of Workers come several at once and are large. */
class OneMessageATurn extends WebSocketServer {
  constructor(options: ServerOptions) {
    super({ ...options, allowSynchronousEvents: false });
  }
}

/**
 * The Socket.IO server that Workers and existing clients share, each with its own namespace and its own checks. It closes
 * with `close()`; the HTTP server under it belongs to who opened that.
 */
export function createSocketIoServer(options: {
  readonly httpServer: HttpServer;
  /** Web pages of other origins that may connect. Programs send no origin and are not concerned. */
  readonly allowedOrigins: readonly string[];
  /** Beyond it, one more is refused with 403; those that were let in stay. */
  readonly connectionLimitCount: number;
}): Server {
  const io: Server = new Server(options.httpServer, {
    maxHttpBufferSize: SOCKET_IO_FRAME_LIMIT_BYTES,
    transports: ['websocket', 'polling'],
    connectTimeout: JOIN_PATIENCE_MS,
    pingInterval: PING_INTERVAL_MS,
    pingTimeout: PING_TIMEOUT_MS,
    perMessageDeflate: false,
    serveClient: false,
    wsEngine: OneMessageATurn,
    destroyUpgrade: false, // other paths upgrade too
    allowRequest: (_request, decide) => {
      const hasRoom = io.engine.clientsCount < options.connectionLimitCount;
      decide(hasRoom ? null : 'too many connections', hasRoom);
    },
    ...(options.allowedOrigins.length > 0 && { cors: { origin: [...options.allowedOrigins], credentials: true } }),
  });
  limitStrangers(io, SOCKET_IO_FRAME_LIMIT_BYTES);
  return io;
}
