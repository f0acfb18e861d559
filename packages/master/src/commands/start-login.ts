import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { CommandParams, CommandResult } from '@hiscrm/shared/protocol/commands.ts';
import { type CommandContext, needAccount } from './command-context.ts';

/** Asks the account's Worker to open the platform's login. The QR code comes as the account's session state. */
export async function startLogin(
  context: CommandContext,
  principal: Principal,
  { accountId }: CommandParams<'startLogin'>,
): Promise<CommandResult<'startLogin'>> {
  needAccount(context, principal, accountId);
  await context.workers.startLogin(accountId);
  return {};
}
