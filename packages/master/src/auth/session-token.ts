import type { IncomingHttpHeaders } from 'node:http';

export const SESSION_COOKIE = 'hiscrm_session';
/** A text longer than any token is not hashed or looked up. */
const TOKEN_LIMIT_CHARS = 200;

/** The session token of a request: `Authorization: Bearer`, else the cookie, else `?token=` in `url`. */
export function sessionTokenOf(headers: IncomingHttpHeaders, url: string): string | undefined {
  const token = bearerOf(headers) ?? cookieOf(headers) ?? queryTokenOf(url);
  return token !== undefined && token.length <= TOKEN_LIMIT_CHARS ? token : undefined;
}

function bearerOf({ authorization }: IncomingHttpHeaders): string | undefined {
  return authorization?.startsWith('Bearer ') ? authorization.slice('Bearer '.length) : undefined;
}

function cookieOf({ cookie }: IncomingHttpHeaders): string | undefined {
  for (const part of cookie?.split(';') ?? []) {
    const [name, value] = part.split('=', 2);
    if (name?.trim() === SESSION_COOKIE) return value?.trim();
  }
  return undefined;
}

function queryTokenOf(url: string): string | undefined {
  const at = url.indexOf('?');
  return at < 0 ? undefined : (new URLSearchParams(url.slice(at)).get('token') ?? undefined);
}
