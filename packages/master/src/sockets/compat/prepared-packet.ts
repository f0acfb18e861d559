import type { Duplex } from 'node:stream';
import type { Server, Socket } from 'socket.io';
import type { WebSocket } from 'ws';
import { textFrame } from '../../hub/prepared-frame.ts';
import { FrameWriter } from '../frame-writer.ts';

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

type Transport = Socket['conn']['transport'];

/**
 * Sends prepared packets to one client. Every WebSocket gets the same bytes, straight onto its connection: Engine.IO's own way
 * there makes a packet, two lists, four events and a callback for each client, which costs more than the write itself.
 *
 * Why the order is kept: Engine.IO writes what it sends in the same call, unless an earlier write of its own is still under
 * way (`writable` is false) or the client polls; then the packet queues up behind that, the way of Socket.IO's broadcasts.
 */
export class PreparedLine {
  readonly #socket: Socket;
  #transport: Transport | undefined;
  #writer: FrameWriter | undefined;
  #held: FrameWriter | undefined;
  #queuedBytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Bytes that the system has not taken yet. */
  get waitingBytes(): number {
    return this.#queuedBytes + (this.#writer?.bufferedBytes ?? 0);
  }

  /** Has what is sent until `release` go out in one write: it is the write that costs. */
  hold(): void {
    const { transport } = this.#socket.conn;
    if (transport !== this.#transport) this.#learn(transport);
    this.#held = this.#writer;
    this.#held?.hold();
  }

  release(): void {
    this.#held?.release();
    this.#held = undefined;
  }

  /** Queues one packet; dropped when the connection is gone. */
  send(packet: PreparedPacket): void {
    const { conn } = this.#socket;
    if (conn.transport !== this.#transport) this.#learn(conn.transport);
    if (this.#writer && conn.transport.writable && conn.readyState === 'open') this.#writer.write(packet.frame);
    else this.#queue(packet);
  }

  #queue(packet: PreparedPacket): void {
    const bytes = packet.frame.length;
    const options = { wsPreEncodedFrame: [packet.frame] } as object; // known to Engine.IO, absent from its types
    this.#queuedBytes += bytes;
    this.#socket.conn.write(packet.text, options, () => {
      this.#queuedBytes -= bytes;
    });
  }

  /** A client may begin with polling and go over to a WebSocket. */
  #learn(transport: Transport): void {
    this.#transport = transport;
    if (transport.name !== 'websocket') {
      this.#writer = undefined;
      return;
    }
    const { socket } = transport as unknown as { socket: WebSocket & { _socket: Duplex } }; // private in the types of both
    this.#writer = new FrameWriter(socket, socket._socket);
  }
}
