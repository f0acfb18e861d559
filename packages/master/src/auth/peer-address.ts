import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopbackAddress } from './origin-check.ts';

/**
 * Where a request comes from. Behind a trusted proxy on this machine: the last address that it was told and that is not this
 * machine's. What stands before that one the client may have written itself.
 */
export function peerAddressOf(request: IncomingMessage, trustProxy: boolean): string {
  const peer = request.socket.remoteAddress ?? '';
  if (!trustProxy || !isLoopbackAddress(peer)) return peer;
  const told = [request.headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  const other = told.map((text) => text.trim()).findLast((text) => !isLoopbackAddress(text));
  return other !== undefined && isIP(other) > 0 ? other : peer;
}
