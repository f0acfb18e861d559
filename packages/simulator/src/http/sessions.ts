import type { Random } from '../lib/random.ts';

/** Life of a session, as its cookies state it. */
const SESSION_LIFE_SEC = 60 * 24 * 3600;

export type Session = { id: string; accountUid: string; createdMs: number };
/** A cookie in the form that Playwright's `addCookies` takes. */
export type SessionCookie = {
  name: string;
  value: string;
  domain: string;
  path: string;
  expires: number;
  httpOnly: boolean;
  secure: boolean;
  sameSite: 'Lax';
};

/** Login sessions by their `sessionid` cookie: what separates the accounts. */
export class Sessions {
  readonly #random: Random;
  readonly #byId = new Map<string, Session>();

  constructor(random: Random) {
    this.#random = random;
  }

  open(accountUid: string, nowMs: number): Session {
    const session: Session = { id: this.#random.hex(32), accountUid, createdMs: nowMs };
    this.#byId.set(session.id, session);
    return session;
  }

  find(cookieHeader: string | undefined): Session | undefined {
    const id = parseCookies(cookieHeader).get('sessionid');
    return id === undefined ? undefined : this.#byId.get(id);
  }

  close(id: string): void {
    this.#byId.delete(id);
  }

  /** Ends every session of an account; answers how many there were. */
  expire(accountUid: string): number {
    const ended = [...this.#byId.values()].filter((session) => session.accountUid === accountUid);
    for (const session of ended) this.#byId.delete(session.id);
    return ended.length;
  }

  /** The cookies that carry a session. `sid_guard` names its issue time and life. */
  cookies(session: Session, realNowMs: number): SessionCookie[] {
    const issuedSec = Math.floor(session.createdMs / 1000);
    const guard = encodeURIComponent(
      `${session.id}|${issuedSec}|${SESSION_LIFE_SEC}|${new Date((issuedSec + SESSION_LIFE_SEC) * 1000).toUTCString()}`,
    );
    const values: [name: string, value: string, isHttpOnly: boolean][] = [
      ['sessionid', session.id, true],
      ['sessionid_ss', session.id, true],
      ['sid_tt', session.id, true],
      ['sid_guard', guard, true],
      ['uid_tt', session.id.split('').reverse().join(''), true],
      ['passport_csrf_token', session.id.slice(0, 16), false],
      ['ttwid', `1%7C${session.id.slice(8, 24)}`, true],
      ['odin_tt', session.id.slice(4, 28), true],
      ['LOGIN_STATUS', '1', false],
    ];
    return values.map(([name, value, httpOnly]) => ({
      name,
      value,
      domain: '127.0.0.1',
      path: '/',
      // Browsers judge expiry by real time, which a virtual clock may be far from.
      expires: Math.max(issuedSec, Math.floor(realNowMs / 1000)) + SESSION_LIFE_SEC,
      httpOnly,
      secure: false,
      sameSite: 'Lax',
    }));
  }
}

/** `Set-Cookie` header lines for cookies. */
export function setCookieLines(cookies: readonly SessionCookie[]): string[] {
  return cookies.map((cookie) => {
    const life = new Date(cookie.expires * 1000).toUTCString();
    return `${cookie.name}=${cookie.value}; Path=/; Expires=${life}; SameSite=Lax${cookie.httpOnly ? '; HttpOnly' : ''}`;
  });
}

function parseCookies(header: string | undefined): Map<string, string> {
  const pairs = (header ?? '').split(';').map((part) => part.trim().split('=', 2));
  return new Map(pairs.map(([name, value]) => [name ?? '', value ?? '']));
}
