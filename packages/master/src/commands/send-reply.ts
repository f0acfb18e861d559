import { same } from '@hiscrm/shared/lib/same.ts';
import type { ReplyId, Seq } from '@hiscrm/shared/model/ids.ts';
import type { ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import { itemKindOf, type TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { CommandParams, CommandResult } from '@hiscrm/shared/protocol/commands.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { PAGE_LIMIT_COUNT } from '@hiscrm/shared/protocol/queries.ts';
import { type CommandContext, needAccount, seqAfter } from './command-context.ts';

/**
 * Logs that an answer is wanted; the Worker's report says later what became of it. The user's key never makes a second
 * reply, also after a restart: the store remembers it. A repetition's `seq` is a place at which the reply is in the log.
 */
export async function sendReply(
  context: CommandContext,
  principal: Principal,
  params: CommandParams<'sendReply'>,
  key: string,
): Promise<CommandResult<'sendReply'>> {
  const { topic, toItemId, text } = params;
  needAccount(context, principal, topic.accountId);
  const known = context.store.replyByKey(principal.userId, key);
  if (known) return repeated(context, known, params);
  checkTarget(context, params);
  const id = `rep-${context.newId()}` as ReplyId; // made here, of letters the schema accepts
  const rows = await context.committer.commit([
    {
      kind: 'reply.requested',
      accountId: topic.accountId,
      reply: {
        id,
        topic,
        text,
        byUserId: principal.userId,
        key,
        requestedAt: context.clock.now(),
        ...(toItemId !== undefined && { toItemId }),
      },
    },
  ]);
  return { seq: seqAfter(context, rows), replyId: id };
}

function repeated(
  context: CommandContext,
  known: ReplyRecord,
  params: CommandParams<'sendReply'>,
): CommandResult<'sendReply'> {
  const isSame = same(known.topic, params.topic) && known.toItemId === params.toItemId && known.text === params.text;
  if (!isSame) throw new ImError('KEY_REUSED');
  return { seq: context.store.head(), replyId: known.id };
}

function checkTarget(context: CommandContext, { topic, toItemId, expectSeq }: CommandParams<'sendReply'>): void {
  const record = context.store.topicRecord(topic);
  if (!record) throw new ImError('TOPIC_NOT_FOUND');
  if (toItemId !== undefined) {
    const item = context.store.item(topic.accountId, itemKindOf(topic.kind), toItemId);
    if (item?.facts.topicId !== topic.id) throw new ImError('ITEM_NOT_FOUND');
  }
  if (expectSeq !== undefined && record.marks.lastArrivedSeq > expectSeq) {
    throw new ImError('STALE_VIEW', { unseenCount: unseenCount(context, topic, expectSeq) });
  }
}

/** How many items arrived after `seq`, as far as one page of the newest tells; at least the one that the mark tells of. */
function unseenCount(context: CommandContext, topic: TopicRef, seq: Seq): number {
  const { items } = context.store.items({ topic, limit: PAGE_LIMIT_COUNT });
  return Math.max(1, items.filter(({ arrivedSeq }) => arrivedSeq > seq).length);
}
