import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { CommandParams, CommandResult } from '@hiscrm/shared/protocol/commands.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { type CommandContext, seqAfter } from './command-context.ts';

/** Adds an account. It is listed at once; a Worker takes it as soon as one can. */
export async function addAccount(
  context: CommandContext,
  principal: Principal,
  { platform, name }: CommandParams<'addAccount'>,
): Promise<CommandResult<'addAccount'>> {
  if (!context.platforms.includes(platform)) throw new ImError('UNSUPPORTED_PLATFORM', { platform });
  const accountId = `acc-${context.newId()}` as AccountId; // made here, of letters the schema accepts
  const rows = await context.committer.commit([
    { kind: 'account.added', accountId, platform, name, at: context.clock.now(), byUserId: principal.userId },
  ]);
  return { seq: seqAfter(context, rows), accountId };
}
