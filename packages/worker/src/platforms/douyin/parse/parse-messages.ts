/** Messages: `imStore` (push items, last messages, the open conversation), and the chat page's bubbles. */
import type { ItemState, MessageFacts, Person } from '@hiscrm/shared/model/facts.ts';
import type { ItemId, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { FactOf } from '../../fact.ts';
import {
  aliasesOf,
  filledOf,
  firstUrlOf,
  flagOf,
  idOf,
  numberOf,
  present,
  recordOf,
  recordsOf,
  shortOf,
  urlOf,
} from './fields.ts';
import type { JsonRecord } from './lossless-json.ts';
import { parseMessageContent } from './message-content.ts';
import type { ParseContext } from './parse-context.ts';
import { parsePerson } from './parse-person.ts';
import { idTimeOf, timeOf } from './times.ts';

/** Where a message was read; `reply` = in the answer to our own act. */
type MessageSource = 'pageState' | 'dom' | 'reply';

/** The server's word that a message was taken back. */
const RECALLED_STATUS = 3;

export function parseMessages(rows: unknown, context: ParseContext, source: MessageSource): FactOf<'message'>[] {
  return recordsOf(rows)
    .map((row) => parseMessage(row, context, source))
    .filter((fact) => fact !== undefined);
}

/** One message. Undefined for commands, and without an id, a conversation or a sender. */
export function parseMessage(
  row: JsonRecord,
  context: ParseContext,
  source: MessageSource,
): FactOf<'message'> | undefined {
  const id = idOf(row.serverId);
  const topicId = idOf(row.conversationId);
  const author = senderOf(row);
  const content = parseMessageContent(numberOf(row.type), row.content);
  if (id === undefined || topicId === undefined || content.kind === 'command') return undefined;
  const ext = recordOf(row.ext);
  const told = timeOf(ext?.['s:server_message_create_time']) ?? timeOf(row.createdAt);
  return {
    kind: 'message',
    ...(told === undefined && { gapsOnly: ['at' as const] }),
    facts: present<MessageFacts>({
      kind: 'message',
      id: id as ItemId, // a platform id is an item's id
      topicId: topicId as TopicId, // likewise
      author,
      direction: directionOf(row, author, context),
      type: content.type,
      text: content.text,
      media: content.media && [...content.media],
      at: told ?? idTimeOf(id),
      rawTime: shortOf(row.createdAt) ?? (typeof row.createdAt === 'number' ? String(row.createdAt) : undefined),
      state: stateOf(row, ext),
      clientMessageId: filledOf(ext?.['s:client_message_id']) ?? filledOf(row.clientId),
      source,
      observedAt: context.observedAt,
    }),
  };
}

/** The sender is a bare id, or an object in the other documented shape. */
function senderOf(row: JsonRecord): Person | undefined {
  const whole = parsePerson(row.sender);
  const id = whole?.id ?? idOf(row.sender);
  if (id === undefined) return undefined;
  return present<Person>({
    id,
    name: whole?.name ?? shortOf(row.nickname),
    avatarUrl: whole?.avatarUrl ?? urlOf(row.avatar) ?? firstUrlOf(row.avatar),
    aliases: whole?.aliases ?? aliasesOf(id, idOf(row.secSender)),
  });
}

function directionOf(row: JsonRecord, author: Person | undefined, context: ParseContext): 'in' | 'out' | undefined {
  if (author) return author.id === context.selfId ? 'out' : 'in';
  const isFromMe = flagOf(row.isFromMe);
  return isFromMe === undefined ? undefined : isFromMe ? 'out' : 'in';
}

function stateOf(row: JsonRecord, ext: JsonRecord | undefined): ItemState {
  const isRecalled = flagOf(ext?.['s:is_recalled']) === true || numberOf(row.serverStatus) === RECALLED_STATUS;
  return isRecalled ? 'recalled' : 'visible';
}
