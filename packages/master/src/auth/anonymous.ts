import type { IncomingHttpHeaders } from 'node:http';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import { isLoopbackAddress, isLoopbackHost } from './origin-check.ts';

/** A proxy on this machine makes every peer look local. */
const PROXY_HEADERS = ['x-forwarded-for', 'x-real-ip', 'forwarded'] as const;
/** What Chromium sends for a page that was opened from a file, as the packaged PC client is. */
const FILE_ORIGIN = 'file://';

/**
 * Who acts for an existing program that cannot log in, where HISCRM_COMPAT_ANONYMOUS allows it. It is as free as the
 * program's screens are: those read, answer, add and remove accounts. It exists only at the surfaces of existing programs.
 */
export const ANONYMOUS: Principal = {
  userId: 'compat-anonymous' as UserId, // letters that the schema accepts
  username: 'compat-anonymous',
  role: 'admin',
  grants: 'all',
};

/** Whether the peer is on this machine, by address, by the name it used, and not on behalf of a web page from elsewhere. */
export function isLocalPeer(peer: {
  readonly address: string | undefined;
  readonly headers: IncomingHttpHeaders;
}): boolean {
  const { address, headers } = peer;
  if (!isLoopbackAddress(address) || !isLoopbackHost(headers.host)) return false;
  if (PROXY_HEADERS.some((name) => headers[name] !== undefined)) return false;
  const { origin } = headers;
  if (origin === undefined || origin === FILE_ORIGIN) return true;
  return URL.canParse(origin) && isLoopbackHost(new URL(origin).host);
}
