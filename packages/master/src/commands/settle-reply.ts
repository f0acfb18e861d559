import { mayRead, type Principal } from '@hiscrm/shared/model/visibility.ts';
import type { CommandParams, CommandResult } from '@hiscrm/shared/protocol/commands.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { type CommandContext, seqAfter } from './command-context.ts';

/** A person says what became of a reply whose outcome the machine does not know. Any other reply is REPLY_SETTLED. */
export async function settleReply(
  context: CommandContext,
  principal: Principal,
  { replyId, wasSent }: CommandParams<'settleReply'>,
): Promise<CommandResult<'settleReply'>> {
  const reply = context.store.reply(replyId);
  if (!reply || !mayRead(principal, reply.accountId)) throw new ImError('REPLY_NOT_FOUND');
  if (reply.state.kind !== 'unknown') throw new ImError('REPLY_SETTLED');
  const outcome = {
    accountId: reply.accountId,
    replyId,
    at: context.clock.now(),
    settledBy: 'person',
    byUserId: principal.userId,
  } as const;
  const rows = await context.committer.commit([
    wasSent ? { kind: 'reply.sent', ...outcome } : { kind: 'reply.rejected', reason: 'other', ...outcome },
  ]);
  return { seq: seqAfter(context, rows) };
}
