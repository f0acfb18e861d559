import type { Server, Socket } from 'socket.io';
import { textFrame } from '../../hub/prepared-frame.ts';

/** Packet type of an event (Socket.IO protocol 5). */
const EVENT = 2;
/** Engine.IO's type of a message, which stands before the packet's text (Engine.IO protocol 4). */
const ENGINE_MESSAGE = '4';

/** One event encoded once, as text for long polling and as the bytes of a WebSocket message. */
export type PreparedPacket = { readonly text: string; readonly frame: Buffer };

/** Encodes an event of a namespace. The payload holds JSON values only. */
export function preparePacket(server: Server, namespace: string, event: string, payload: unknown): PreparedPacket {
  const [text] = server.encoder.encode({ type: EVENT, nsp: namespace, data: [event, payload] });
  if (typeof text !== 'string') throw new Error(`${event} holds binary data`);
  return { text, frame: textFrame(ENGINE_MESSAGE + text) };
}

/**
 * Sends a prepared packet. Every WebSocket gets the same bytes: this is the path of Socket.IO's own broadcasts, which encode
 * once as well, opened for answers and for packets that are kept. `onSent` is called when the system took it.
 */
export function sendPrepared(socket: Socket, packet: PreparedPacket, onSent: () => void): void {
  const options = { wsPreEncodedFrame: [packet.frame] } as object; // known to Engine.IO, absent from its types
  socket.conn.write(packet.text, options, onSent);
}
