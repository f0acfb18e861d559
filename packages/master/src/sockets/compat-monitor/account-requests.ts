/** Adding and removing accounts, and the lists behind the form that does it. */

import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { accountJson } from '../../words/account-words.ts';
import { ACCOUNT_NAME_LIMIT_CHARS, platformLabel } from '../../words/platform-words.ts';
import { fieldsOf, textField } from '../compat/read-fields.ts';
import { channelIdOf } from './find-target.ts';
import type { MonitorConnection } from './monitor-connection.ts';
import type { MonitorContext } from './monitor-context.ts';
import { MONITOR_EVENT, MONITOR_TEXT } from './monitor-event.ts';

/**
 * `monitor:create_account`. The account is listed at once. What our accounts do not have is taken without effect: the
 * platform's id comes with the login, the interval is the Worker's, and Workers are chosen by the fleet.
 */
export async function createAccount(
  context: MonitorContext,
  connection: MonitorConnection,
  payload: unknown,
): Promise<void> {
  connection.emit(MONITOR_EVENT.createAccountResult, await created(context, connection, payload));
}

async function created(context: MonitorContext, connection: MonitorConnection, payload: unknown): Promise<object> {
  const fields = fieldsOf(payload);
  const platform = textField(fields, 'platform');
  const name = textField(fields, 'account_name')?.trim();
  if (platform === undefined || !name) return failed(MONITOR_TEXT.missingAccountFields);
  if (!context.platforms.includes(platform))
    return failed(`Validation failed: platform must be one of ${context.platforms.join(', ')}`);
  if (name.length > ACCOUNT_NAME_LIMIT_CHARS) {
    return failed(`Validation failed: account_name must be 1-${ACCOUNT_NAME_LIMIT_CHARS} characters`);
  }
  try {
    const result = await context.runCommand(connection.principal, {
      name: 'addAccount',
      params: { platform, name },
      key: `monitor-${context.newId()}`,
    });
    const account = 'accountId' in result ? context.store.account(result.accountId) : undefined;
    return account ? { success: true, data: accountJson(account) } : failed(MONITOR_TEXT.accountMissing);
  } catch (error) {
    if (error instanceof ImError) return failed(error.message);
    throw error;
  }
}

/** `monitor:delete_account`. */
export async function deleteAccount(
  context: MonitorContext,
  connection: MonitorConnection,
  payload: unknown,
): Promise<void> {
  const id = textField(fieldsOf(payload), 'accountId');
  const accountId = channelIdOf(context.store, connection, id);
  if (id === undefined || accountId === undefined) {
    const error = id === undefined ? MONITOR_TEXT.missingAccountId : MONITOR_TEXT.accountMissing;
    connection.emit(MONITOR_EVENT.deleteAccountResult, failed(error));
    return;
  }
  try {
    await context.runCommand(connection.principal, {
      name: 'removeAccount',
      params: { accountId },
      key: `monitor-${context.newId()}`,
    });
    connection.emit(MONITOR_EVENT.deleteAccountResult, { success: true, accountId });
  } catch (error) {
    if (!(error instanceof ImError)) throw error;
    const isGone = error.code === 'ACCOUNT_NOT_FOUND';
    connection.emit(
      MONITOR_EVENT.deleteAccountResult,
      failed(isGone ? MONITOR_TEXT.accountMissing : MONITOR_TEXT.deleteFailed),
    );
  }
}

/** `monitor:request_platforms`: only those that an account can be added for. */
export function sendPlatforms(context: MonitorContext, connection: MonitorConnection): void {
  const data = context.platforms.map((value) => ({ value, label: platformLabel(value) }));
  connection.emit(MONITOR_EVENT.platforms, { success: true, data });
}

/** `monitor:request_workers`. */
export function sendWorkers(context: MonitorContext, connection: MonitorConnection): void {
  const data = context.workerStatus().map(({ id, isOnline, accountCount }) => {
    const { host = '', port = 0 } = context.workerPlace(id) ?? {};
    return { id, status: isOnline ? 'online' : 'offline', assigned_accounts: accountCount, host, port };
  });
  connection.emit(MONITOR_EVENT.workers, { success: true, data });
}

const failed = (error: string): object => ({ success: false, error });
