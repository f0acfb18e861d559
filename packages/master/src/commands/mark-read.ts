import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { CommandParams, CommandResult } from '@hiscrm/shared/protocol/commands.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { type CommandContext, needAccount, seqAfter } from './command-context.ts';

/**
 * Moves the topic's read mark, never back and never past what has arrived: a place from the future must not hide what
 * comes next. Logs nothing when the mark stands there already.
 */
export async function markRead(
  context: CommandContext,
  principal: Principal,
  params: CommandParams<'markRead'>,
): Promise<CommandResult<'markRead'>> {
  const { topic } = params;
  needAccount(context, principal, topic.accountId);
  const marks = context.store.topicRecord(topic)?.marks;
  if (!marks) throw new ImError('TOPIC_NOT_FOUND');
  const upToSeq = Math.min(params.upToSeq, marks.lastArrivedSeq) as Seq; // the lesser of two places
  if (upToSeq <= marks.readUpToSeq) return { seq: context.store.head() };
  const rows = await context.committer.commit([
    {
      kind: 'topic.read',
      accountId: topic.accountId,
      topic,
      upToSeq,
      at: context.clock.now(),
      byUserId: principal.userId,
    },
  ]);
  return { seq: seqAfter(context, rows) };
}
