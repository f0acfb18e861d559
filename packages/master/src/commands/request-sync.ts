import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { CommandParams, CommandResult } from '@hiscrm/shared/protocol/commands.ts';
import { type CommandContext, needAccount } from './command-context.ts';

/** Asks the account's Worker to read it again now. Resolves when the Worker has taken the request. */
export async function requestSync(
  context: CommandContext,
  principal: Principal,
  { accountId }: CommandParams<'requestSync'>,
): Promise<CommandResult<'requestSync'>> {
  needAccount(context, principal, accountId);
  await context.workers.requestSync(accountId);
  return {};
}
