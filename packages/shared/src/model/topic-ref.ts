import Type from 'typebox';
import { type AccountId, accountIdSchema, type ItemId, type TopicId, topicIdSchema } from './ids.ts';

/** A topic is a work with its comments, or a conversation with its messages. */
export const topicKindSchema = Type.Union([Type.Literal('content'), Type.Literal('conversation')]);
export type TopicKind = Type.Static<typeof topicKindSchema>;

export const itemKindSchema = Type.Union([Type.Literal('comment'), Type.Literal('message')]);
export type ItemKind = Type.Static<typeof itemKindSchema>;

/** Names one topic: platform ids are unique only within an account and a kind. */
export const topicRefSchema = Type.Object(
  { accountId: accountIdSchema, kind: topicKindSchema, id: topicIdSchema },
  { additionalProperties: false },
);
export type TopicRef = Type.Static<typeof topicRefSchema>;

export type TopicKey = string;
export type ItemKey = string;

/** One text for one topic. Neither account ids nor kinds hold a colon, so the key is unambiguous. */
export const topicKey = (ref: TopicRef): TopicKey => `${ref.accountId}:${ref.kind}:${ref.id}`;

export const itemKey = (accountId: AccountId, kind: ItemKind, id: ItemId): ItemKey => `${accountId}:${kind}:${id}`;

export const itemKindOf = (kind: TopicKind): ItemKind => (kind === 'content' ? 'comment' : 'message');
export const topicKindOf = (kind: ItemKind): TopicKind => (kind === 'comment' ? 'content' : 'conversation');

export const contentRef = (accountId: AccountId, id: TopicId): TopicRef => ({ accountId, kind: 'content', id });
export const conversationRef = (accountId: AccountId, id: TopicId): TopicRef => ({
  accountId,
  kind: 'conversation',
  id,
});
