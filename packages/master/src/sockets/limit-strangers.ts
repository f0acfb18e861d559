import type { Server, Socket } from 'socket.io';

/** All that a peer has to say before it is let in: which namespace it wants, and a token or a key. */
export const STRANGER_FRAME_LIMIT_BYTES = 64 * 1024;

type Connection = Socket['conn'];
type Transport = Connection['transport'];
/** What of Engine.IO and ws is reached into here: neither offers a limit for one connection. */
type EngineInside = {
  readonly ws: { readonly options: { maxPayload: number } };
  on(event: 'connection', listener: (conn: Connection) => void): unknown;
};
type TransportInside = {
  readonly socket?: { readonly _receiver?: { _maxPayload: number } };
  maxHttpBufferSize: number;
};

/**
 * Keeps the large frames that Workers send for those who were let in. A frame is in memory as a whole before anybody can ask
 * who sent it, so without this a stranger could have the Master hold the limit as often as it opens a connection.
 */
export function limitStrangers(io: Server, limitBytes: number): void {
  const engine = io.engine as unknown as EngineInside; // absent from the types
  const known = new WeakSet<Connection>();
  engine.ws.options.maxPayload = STRANGER_FRAME_LIMIT_BYTES; // of every WebSocket from here on, before its first byte
  engine.on('connection', ({ transport }) => setLimit(transport, STRANGER_FRAME_LIMIT_BYTES));
  const letIn = ({ conn }: Socket): void => {
    if (known.has(conn)) return;
    known.add(conn);
    setLimit(conn.transport, limitBytes);
    // It may have begun with polling and go over to a WebSocket later.
    conn.on('upgrading', (transport: Transport) => setLimit(transport, limitBytes));
  };
  io.of('/').on('connection', letIn);
  io.on('new_namespace', (namespace) => namespace.on('connection', letIn));
}

function setLimit(transport: Transport, limitBytes: number): void {
  const inside = transport as unknown as TransportInside; // as above
  const receiver = transport.name === 'websocket' ? inside.socket?._receiver : undefined;
  if (receiver) receiver._maxPayload = limitBytes;
  inside.maxHttpBufferSize = limitBytes;
}
