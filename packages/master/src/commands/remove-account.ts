import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { CommandParams, CommandResult } from '@hiscrm/shared/protocol/commands.ts';
import { type CommandContext, needAccount, seqAfter } from './command-context.ts';

/** Removes an account with everything that was collected for it. Its Worker is told to stop when the row is durable. */
export async function removeAccount(
  context: CommandContext,
  principal: Principal,
  { accountId }: CommandParams<'removeAccount'>,
): Promise<CommandResult<'removeAccount'>> {
  needAccount(context, principal, accountId);
  const rows = await context.committer.commit([{ kind: 'account.removed', accountId, byUserId: principal.userId }]);
  return { seq: seqAfter(context, rows) };
}
