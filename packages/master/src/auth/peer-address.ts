import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import { isLoopbackAddress } from './origin-check.ts';

/**
 * Where a request comes from, as for REST. Behind a trusted proxy on this machine: the last address that it was told and that
 * is not this machine's. What stands before that one the client may have written itself.
 */
export function peerAddressOf(request: IncomingMessage, trustProxy: boolean): string {
  return proxyAddr(request, (address) => trustProxy && isLoopbackAddress(address)) ?? '';
}
