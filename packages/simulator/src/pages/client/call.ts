const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';
/** Share of GETs that ask without the trailing slash, and so go through the site's 301. */
const SLASHLESS_SHARE = 0.3;

function noise(length: number): string {
  return Array.from({ length }, () => ALPHABET[Math.floor(Math.random() * ALPHABET.length)]).join('');
}

function url(path: string, params: Record<string, string>): string {
  const isSlashless = path.endsWith('/') && Math.random() < SLASHLESS_SHARE;
  const query = new URLSearchParams({
    aid: '2906',
    device_platform: 'webapp',
    ...params,
    msToken: noise(44),
    a_bogus: noise(64),
  });
  return `${isSlashless ? path.slice(0, -1) : path}?${query}`;
}

/** What came back, or why nothing usable did. */
// biome-ignore lint/suspicious/noExplicitAny: a page's script reads bodies of many shapes field by field
export type CallResult = { ok: true; body: any } | { ok: false; reason: 'network' | 'not_json' | 'http' };

/** Integers that a double cannot hold, outside of strings as far as a page needs to care. */
const LONG_INTEGER = /([:[,]\s*)([1-9]\d{15,18})(?=\s*[,}\]])/g;

async function read(response: Response): Promise<CallResult> {
  if (!response.ok) return { ok: false, reason: 'http' };
  try {
    return { ok: true, body: JSON.parse((await response.text()).replace(LONG_INTEGER, '$1"$2"')) };
  } catch {
    return { ok: false, reason: 'not_json' };
  }
}

async function attempt(request: () => Promise<Response>): Promise<CallResult> {
  try {
    return await read(await request());
  } catch {
    return { ok: false, reason: 'network' };
  }
}

/** GET with the random parameters that every call of the site carries. */
export function get(path: string, params: Record<string, string> = {}): Promise<CallResult> {
  return attempt(() => fetch(url(path, params)));
}

/** POST of a JSON body, with the header of the site's write calls. */
export function post(path: string, body: object): Promise<CallResult> {
  const query = new URLSearchParams({ aid: '2906', msToken: noise(44), a_bogus: noise(64) });
  const headers = { 'content-type': 'application/json', 'x-secsdk-csrf-token': noise(32) };
  return attempt(() => fetch(`${path}?${query}`, { method: 'POST', headers, body: JSON.stringify(body) }));
}
