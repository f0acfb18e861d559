import type { Change } from '@hiscrm/shared/model/change.ts';
import type { TopicMarks } from '@hiscrm/shared/model/records.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { CommandParams, CommandResult } from '@hiscrm/shared/protocol/commands.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { type CommandContext, needAccount, seqAfter } from './command-context.ts';

const MARKS = ['isPinned', 'isMuted', 'isHidden'] as const;

/**
 * Pins, mutes or puts away a topic. What is put away is read too, so that no badge counts what no list shows. Logs nothing
 * when everything stands as asked.
 */
export async function markTopic(
  context: CommandContext,
  principal: Principal,
  params: CommandParams<'markTopic'>,
): Promise<CommandResult<'markTopic'>> {
  const { topic } = params;
  needAccount(context, principal, topic.accountId);
  const marks = context.store.topicRecord(topic)?.marks;
  if (!marks) throw new ImError('TOPIC_NOT_FOUND');
  const by = { accountId: topic.accountId, topic, at: context.clock.now(), byUserId: principal.userId };
  const wishes = changedMarks(marks, params);
  const changes: Change[] = [];
  if (params.isHidden && marks.lastArrivedSeq > marks.readUpToSeq)
    changes.push({ kind: 'topic.read', ...by, upToSeq: marks.lastArrivedSeq });
  if (Object.keys(wishes).length > 0) changes.push({ kind: 'topic.marked', ...by, ...wishes });
  if (changes.length === 0) return { seq: context.store.head() };
  return { seq: seqAfter(context, await context.committer.commit(changes)) };
}

function changedMarks(
  marks: TopicMarks,
  params: CommandParams<'markTopic'>,
): Partial<Record<(typeof MARKS)[number], boolean>> {
  return Object.fromEntries(
    MARKS.flatMap((name) => {
      const wish = params[name];
      return wish === undefined || wish === (marks[name] ?? false) ? [] : [[name, wish]];
    }),
  );
}
