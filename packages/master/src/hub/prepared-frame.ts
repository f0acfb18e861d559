/** First byte of a whole, uncompressed text message: FIN and opcode 1 (RFC 6455, 5.2). */
const FIN_TEXT = 0x81;
/** Payload lengths above these need 2 or 8 more bytes in the header (RFC 6455, 5.2). */
const SHORT_LIMIT_BYTES = 125;
const MEDIUM_LIMIT_BYTES = 65_535;

/** How many bytes of header stand before a server's payload of this length. */
const headerBytes = (payloadBytes: number): number =>
  payloadBytes <= SHORT_LIMIT_BYTES ? 2 : payloadBytes <= MEDIUM_LIMIT_BYTES ? 4 : 10;

/**
 * The bytes of one WebSocket text message from a server, header included: made once, written to any number of sockets.
 * A server's frame is unmasked and, without an extension, the same for every client; encoding it per socket is what makes
 * a fan-out dear.
 */
export function textFrame(text: string): Buffer {
  const payloadBytes = Buffer.byteLength(text);
  const offset = headerBytes(payloadBytes);
  const frame = Buffer.allocUnsafe(offset + payloadBytes);
  frame[0] = FIN_TEXT;
  if (offset === 2) frame[1] = payloadBytes;
  else if (offset === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(payloadBytes, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(payloadBytes), 2);
  }
  frame.write(text, offset);
  return frame;
}

/** The text inside a frame of `textFrame`: for those who do not speak WebSocket, and for tests. */
export function textOfFrame(frame: Buffer): string {
  const short = frame[1] ?? 0;
  return frame.toString('utf8', short === 127 ? 10 : short === 126 ? 4 : 2);
}
