import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { CommandParams, CommandResult } from '@hiscrm/shared/protocol/commands.ts';
import { type CommandContext, needAccount, seqAfter } from './command-context.ts';

/** Renames, pauses or resumes an account. What is so already is not logged. */
export async function changeAccount(
  context: CommandContext,
  principal: Principal,
  params: CommandParams<'changeAccount'>,
): Promise<CommandResult<'changeAccount'>> {
  const account = needAccount(context, principal, params.accountId);
  const change = {
    ...(params.name !== undefined && params.name !== account.name && { name: params.name }),
    ...(params.isPaused !== undefined && params.isPaused !== account.isPaused && { isPaused: params.isPaused }),
  };
  if (Object.keys(change).length === 0) return { seq: context.store.head() };
  const rows = await context.committer.commit([
    { kind: 'account.changed', accountId: account.id, byUserId: principal.userId, ...change },
  ]);
  return { seq: seqAfter(context, rows) };
}
