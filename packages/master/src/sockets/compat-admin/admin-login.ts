import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { hasRole, mayRead, type Principal } from '@hiscrm/shared/model/visibility.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { RunCommand } from '../../commands/command-request.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { fieldsOf, textField } from '../compat/read-fields.ts';
import type { ForeignWorkers } from '../compat-worker/foreign-workers.ts';
import type { LoginBook } from './login-book.ts';

/** Longest text that a person types into a login: a phone number or a code. */
const INPUT_LIMIT_CHARS = 100;
const INPUT_TYPES: ReadonlySet<string> = new Set(['phone_number', 'verification_code']);

export type LoginContext = {
  readonly store: StoreReader;
  readonly workers: Pick<ForeignWorkers, 'driverOf' | 'startLogin' | 'sendLoginInput'>;
  readonly runCommand: RunCommand;
  readonly book: LoginBook;
  readonly newId: () => string;
};

/** What an admin page is answered. */
export type Started = { readonly account_id: AccountId; readonly worker_id: string; readonly session_id: string };

/**
 * Opens the login page at whichever Worker drives the account. The page's own session id is kept, the Worker that it names is
 * not: the Master knows who drives the account. Throws an ImError.
 */
export async function startLogin(context: LoginContext, principal: Principal, payload: unknown): Promise<Started> {
  const fields = fieldsOf(payload);
  const account_id = (textField(fields, 'account_id') ?? '') as AccountId; // looked up next
  const account = mayRead(principal, account_id) ? context.store.account(account_id) : undefined;
  if (!account) throw new ImError('ACCOUNT_NOT_FOUND');
  if (!hasRole(principal, 'operator')) throw new ImError('FORBIDDEN');
  const session_id = textField(fields, 'session_id') ?? `login-${context.newId()}`;
  const worker_id = account.lease?.workerId;
  if (!worker_id) throw new ImError('ACCOUNT_NOT_DRIVEN');
  const known = context.book.get(session_id);
  if (known && known.accountId !== account_id) throw new ImError('ALREADY_EXISTS', { what: `session ${session_id}` });
  if (known?.status === 'pending' || known?.status === 'scanning') return { account_id, worker_id, session_id };
  // Before it is asked for: the Worker may be quicker than its answer.
  context.book.begin(session_id, account_id, worker_id);
  try {
    if (context.workers.driverOf(account_id) === undefined || !context.workers.startLogin(account_id, session_id)) {
      const params = { accountId: account_id };
      await context.runCommand(principal, { name: 'startLogin', params, key: `admin-${context.newId()}` });
    }
  } catch (error) {
    if (error instanceof ImError) context.book.change(session_id, { status: 'failed', error: error.message });
    throw error;
  }
  return { account_id, worker_id, session_id };
}

/** Hands on what a person typed. It is never kept or logged. Throws an ImError. */
export function sendInput(
  context: LoginContext,
  principal: Principal,
  payload: unknown,
): { readonly session_id: string; readonly input_type: string } {
  const fields = fieldsOf(payload);
  const session_id = textField(fields, 'session_id') ?? '';
  const input_type = textField(fields, 'input_type') ?? '';
  const value = textField(fields, 'value');
  const session = context.book.get(session_id);
  if (!session || !mayRead(principal, session.accountId)) throw new ImError('NOT_FOUND');
  if (!hasRole(principal, 'operator')) throw new ImError('FORBIDDEN');
  if (!INPUT_TYPES.has(input_type) || value === undefined || value.length > INPUT_LIMIT_CHARS) {
    throw new ImError('BAD_REQUEST', { reason: 'input_type is phone_number or verification_code, value a short text' });
  }
  if (!context.workers.sendLoginInput(session_id, { inputType: input_type, value })) {
    throw new ImError('ACCOUNT_NOT_DRIVEN');
  }
  return { session_id, input_type };
}
