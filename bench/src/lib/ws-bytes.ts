import { randomBytes } from 'node:crypto';

/** Payloads up to here have their length in the header's second byte. */
const SHORT_LIMIT_BYTES = 126;

/** The request that opens a WebSocket, as bytes for a plain socket. */
export function upgradeRequest(path: string, headers: Readonly<Record<string, string>> = {}): Buffer {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

/** One text frame of a client. The mask is zero: it protects proxies, and there is none here. */
export function clientTextFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const length = payload.length;
  const header =
    length < SHORT_LIMIT_BYTES
      ? Buffer.from([0x81, 0x80 | length, 0, 0, 0, 0])
      : Buffer.from([0x81, 0x80 | SHORT_LIMIT_BYTES, length >> 8, length & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([header, payload]);
}
