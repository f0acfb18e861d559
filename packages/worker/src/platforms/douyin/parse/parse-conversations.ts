/** Conversations: `imStore`'s list and the chat page's rows. Keyed by the composite id; everything else is an alias. */
import type { ConversationFacts, Person } from '@hiscrm/shared/model/facts.ts';
import type { TopicId } from '@hiscrm/shared/model/ids.ts';
import type { FactOf } from '../../fact.ts';
import {
  aliasesOf,
  countOf,
  filledOf,
  firstUrlOf,
  flagOf,
  idOf,
  present,
  recordOf,
  recordsOf,
  shortOf,
} from './fields.ts';
import type { JsonRecord } from './lossless-json.ts';
import type { ParseContext } from './parse-context.ts';
import { parsePerson } from './parse-person.ts';

/** The numbers after the kind are the two users, in no dependable order. */
const PRIVATE_ID = /^\d+:1:(\d+):(\d+)$/;

/** The partner's id in a one-to-one conversation's id: the one that is not ours. Undefined for anything else. */
export function peerIdOf(conversationId: string, selfId: string): string | undefined {
  const [, left, right] = PRIVATE_ID.exec(conversationId) ?? [];
  if (left === selfId && right !== selfId) return right;
  return right === selfId && left !== selfId ? left : undefined;
}

/** Profiles by user id, as the page state holds them. */
export type ProfileMap = Readonly<Record<string, unknown>>;

export function parseStoreConversations(
  rows: unknown,
  profiles: unknown,
  context: ParseContext,
): FactOf<'conversation'>[] {
  const byId: ProfileMap = recordOf(profiles) ?? {};
  return recordsOf(rows)
    .map((row) => parseStoreConversation(row, byId, context))
    .filter((fact) => fact !== undefined);
}

export function parseStoreConversation(
  row: JsonRecord,
  profiles: ProfileMap,
  context: ParseContext,
): FactOf<'conversation'> | undefined {
  const id = idOf(row.id);
  if (id === undefined) return undefined;
  const isGroup = row.type === 2;
  const peerId = isGroup ? undefined : (peerIdOf(id, context.selfId) ?? idOf(row.toParticipantUserId));
  const core = recordOf(row.coreInfo);
  return {
    kind: 'conversation',
    facts: present<ConversationFacts>({
      id: id as TopicId, // a platform id is a topic's id
      type: isGroup ? 'group' : 'private',
      peer: peerId === undefined ? undefined : peerOf(peerId, row, profiles),
      title: isGroup ? shortOf(core?.name) : undefined,
      avatarUrl: isGroup ? firstUrlOf(core?.icon) : undefined,
      isStranger: flagOf(row.isStranger),
      participantCount: countOf(row.participantCount),
      platformUnreadCount: countOf(row._badgeCount),
      aliases: aliasesOf(id, idOf(row.shortId) ?? idOf(row.conversationShortId)),
      source: 'pageState',
      observedAt: context.observedAt,
    }),
  };
}

function peerOf(id: string, row: JsonRecord, profiles: ProfileMap): Person {
  const profile = parsePerson({ uid: id, ...recordOf(profiles[id]) });
  const participants = recordOf(row.firstPageParticipant)?.participants ?? row.firstPageParticipant;
  const participant = recordsOf(participants).find((candidate) => idOf(candidate.user_id) === id);
  return present<Person>({
    id,
    name: profile?.name ?? shortOf(participant?.nick_name),
    avatarUrl: profile?.avatarUrl,
    aliases: profile?.aliases ?? aliasesOf(id, idOf(participant?.sec_uid)),
  });
}

/** A row of the creator chat page. The partner's name is not in it: it comes from `user_detail`, by `secUid`. */
export function parseChatRow(
  row: JsonRecord,
  people: (secUid: string) => { name?: string | undefined; avatarUrl?: string | undefined } | undefined,
  context: ParseContext,
): FactOf<'conversation'> | undefined {
  const id = idOf(row.id);
  if (id === undefined) return undefined;
  const isGroup = flagOf(row.isGroupChat) === true;
  const peerId = isGroup ? undefined : peerIdOf(id, context.selfId);
  const secUid = filledOf(row.secUid);
  const known = secUid === undefined ? undefined : people(secUid);
  return {
    kind: 'conversation',
    facts: present<ConversationFacts>({
      id: id as TopicId, // a platform id is a topic's id
      type: isGroup ? 'group' : 'private',
      peer:
        peerId === undefined
          ? undefined
          : present<Person>({
              id: peerId,
              name: known?.name,
              avatarUrl: known?.avatarUrl,
              aliases: aliasesOf(peerId, secUid),
            }),
      title: isGroup ? shortOf(recordOf(row.coreInfo)?.name) : undefined,
      aliases: aliasesOf(id, idOf(row.shortId)),
      source: 'dom',
      observedAt: context.observedAt,
    }),
  };
}
