import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ERRORS, type ErrorCode, type ErrorDetails, toWireError } from '@hiscrm/shared/protocol/errors.ts';

/** Answers an upgrade request with an error of the catalogue as plain HTTP, and hangs up. */
export function refuseUpgrade(stream: Duplex, code: ErrorCode, details: ErrorDetails = {}): void {
  const { status } = ERRORS[code];
  const error = toWireError(code, details);
  // Programs of the notice contract read `code` and `message`.
  const body = JSON.stringify({ code: status, message: error.message, error });
  const { retryAfterMs } = details;
  const retryAfter = typeof retryAfterMs === 'number' ? `Retry-After: ${Math.ceil(retryAfterMs / 1_000)}\r\n` : '';
  stream.on('error', () => stream.destroy()); // the peer may hang up first
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${retryAfter}Connection: close\r\n\r\n${body}`,
  );
}
