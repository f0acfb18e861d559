import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord } from '@hiscrm/shared/model/records.ts';
import type { Session } from '@hiscrm/shared/model/session.ts';
import { toSeconds, userInfoOf } from '../../words/account-words.ts';
import { type Fields, textOf, timeOf } from '../../words/foreign-values.ts';
import type { LoginEvent } from '../compat-worker/login-events.ts';
import { FOREIGN_EVENT } from '../compat-worker/worker-event.ts';
import { ADMIN_EVENT } from './admin-event.ts';
import { LOGIN_LIFE_MS, type LoginBook, type LoginSession } from './login-book.ts';

/** One event for the admin pages that may see the account. */
export type AdminEvent = { readonly accountId: AccountId; readonly event: string; readonly payload: object };
/** A step of a login, whoever drives the page. `data` holds no cookies and no other secrets. */
type Step = {
  readonly status: string;
  readonly accountId: AccountId;
  readonly workerId: string;
  readonly sessionId: string | undefined;
  readonly data: Fields;
  readonly now: number;
};

/** What an existing Worker said about a login, for admin pages. */
export function fromForeignWorker(book: LoginBook, heard: LoginEvent, now: number): readonly AdminEvent[] {
  const accountId = heard.accountId as AccountId; // of an account that the edge looked up
  const { status, workerId, sessionId, data } = heard;
  // Without a session it is only the Worker noticing that the page is logged in.
  if (sessionId === undefined && heard.event === FOREIGN_EVENT.loginSuccess) return [];
  const step: Step = { status, accountId, workerId, sessionId, data, now };
  const relayed: readonly AdminEvent[] =
    heard.event === FOREIGN_EVENT.loginStatus
      ? [{ accountId, event: ADMIN_EVENT.loginStatusUpdate, payload: data }]
      : [];
  return [...relayed, ...derived(book, step)];
}

/** What the session state of a Worker of ours means for a login that an admin page started. */
export function fromOwnWorker(book: LoginBook, account: AccountRecord, now: number): readonly AdminEvent[] {
  const login = book.openOf(account.id);
  const data = login && stepData(account, login, now);
  if (!login || !data) return [];
  const { workerId, id: sessionId } = login;
  const accountId = account.id;
  const step: Step = { status: String(data.status), accountId, workerId, sessionId, data, now };
  return [{ accountId, event: ADMIN_EVENT.loginStatusUpdate, payload: data }, ...derived(book, step)];
}

function stepData(account: AccountRecord, login: LoginSession, now: number): Fields | undefined {
  const { session } = account;
  const base = { session_id: login.id, account_id: account.id, timestamp: now };
  switch (session.kind) {
    case 'awaitingScan': {
      if (login.qrImage === session.qrImage) return undefined;
      const status = login.qrImage === undefined ? 'qrcode_ready' : 'qrcode_refreshed';
      const expires_at = toSeconds(session.expiresAt);
      return { ...base, status, qr_code_data: session.qrImage, expires_at, login_method: 'qrcode' };
    }
    case 'online':
      return { ...base, status: 'success', user_info: userInfoOf(account) };
    case 'challenge':
      return { ...base, status: 'failed', error_message: detailOf(session) ?? 'the platform asks for a human check' };
    case 'loginRequired':
      return login.status === 'scanning' ? { ...base, status: 'expired', message: detailOf(session) ?? '' } : undefined;
    default:
      return undefined;
  }
}

const detailOf = (session: Session): string | undefined => ('detail' in session ? session.detail : undefined);

/** Keeps the book, and says in the older events what happened. */
function derived(book: LoginBook, step: Step): readonly AdminEvent[] {
  const { status, accountId, workerId, sessionId, data, now } = step;
  const id = sessionId ?? book.openOf(accountId)?.id;
  const session_id = id ?? null;
  const base = { session_id, account_id: accountId, worker_id: workerId, timestamp: now };
  const of = (event: string, payload: object): readonly AdminEvent[] => [
    { accountId, event, payload: { ...base, ...payload } },
  ];
  if (id !== undefined && !book.get(id)) book.begin(id, accountId, workerId);
  const note = (patch: Parameters<LoginBook['change']>[1]): void => void (id !== undefined && book.change(id, patch));
  switch (status) {
    case 'qrcode_ready':
    case 'qrcode_refreshed': {
      const expiresAt = timeOf(data.expires_at) ?? now + LOGIN_LIFE_MS;
      const qr_code_data = typeof data.qr_code_data === 'string' ? data.qr_code_data : null;
      note({ status: 'scanning', expiresAt, ...(qr_code_data !== null && { qrImage: qr_code_data }) });
      const event = status === 'qrcode_ready' ? ADMIN_EVENT.qrCodeReady : ADMIN_EVENT.qrCodeRefreshed;
      return of(event, { qr_code_data, qr_code_url: data.qr_code_url ?? null, expires_at: toSeconds(expiresAt) });
    }
    case 'scanning':
      note({ status: 'scanning' });
      return [];
    case 'sms_input_required':
      note({ status: 'scanning', method: 'sms', expiresAt: now + LOGIN_LIFE_MS });
      return [];
    case 'success':
      note({ status: 'success', loggedInAt: now });
      return of(ADMIN_EVENT.loginSuccess, { logged_in_at: toSeconds(now), user_info: data.user_info ?? null });
    case 'failed': {
      const error_message = textOf(data.error_message) ?? textOf(data.message) ?? '';
      note({ status: 'failed', error: error_message });
      return of(ADMIN_EVENT.loginFailed, { error_message, error_type: textOf(data.error_type) ?? null });
    }
    case 'timeout':
    case 'expired':
      note({ status: 'expired' });
      return of(ADMIN_EVENT.qrCodeExpired, {});
    default:
      return [];
  }
}

/** A login whose time ran out without a word. */
export const expiredEvent = (session: LoginSession, now: number): AdminEvent => ({
  accountId: session.accountId,
  event: ADMIN_EVENT.qrCodeExpired,
  payload: {
    session_id: session.id,
    account_id: session.accountId,
    worker_id: session.workerId,
    timestamp: now,
  },
});
