/** What a client may ask to see beyond the snapshot. Every answer says as of which place in the log it is true. */
import Type, { type Static } from 'typebox';
import { accountIdSchema, itemIdSchema, type Seq, seqSchema, timeMsSchema } from '../model/ids.ts';
import type { ItemRecord, TopicRecord } from '../model/records.ts';
import type { ReplyRecord } from '../model/reply.ts';
import type { TopicSummary } from '../model/summary.ts';
import { topicKindSchema, topicRefSchema } from '../model/topic-ref.ts';
import type { NoticeFrame } from './notice-link.ts';

const strict = { additionalProperties: false } as const;
export const PAGE_LIMIT_COUNT = 200;
const limit = Type.Integer({ minimum: 1, maximum: PAGE_LIMIT_COUNT });

/** Where a page of items ends: everything strictly older than this comes next. */
export const itemCursorSchema = Type.Object({ at: timeMsSchema, id: itemIdSchema }, strict);
export type ItemCursor = Static<typeof itemCursorSchema>;

export const QUERIES = {
  /** Topics of one account and kind, newest activity first. `cursor` is the one of the previous page. */
  topics: {
    params: Type.Object(
      {
        accountId: accountIdSchema,
        kind: topicKindSchema,
        limit,
        cursor: Type.Optional(Type.String({ maxLength: 500 })),
        onlyUnread: Type.Optional(Type.Boolean()),
      },
      strict,
    ),
  },
  topic: { params: Type.Object({ topic: topicRefSchema }, strict) },
  /** Items of one topic, newest first by (at, id). */
  items: { params: Type.Object({ topic: topicRefSchema, limit, before: Type.Optional(itemCursorSchema) }, strict) },
  /** The items behind a badge, newest first: of a topic, of one kind of an account, or of an account. */
  unreadItems: {
    params: Type.Object(
      {
        accountId: accountIdSchema,
        kind: Type.Optional(topicKindSchema),
        topic: Type.Optional(topicRefSchema),
        limit,
        before: Type.Optional(itemCursorSchema),
      },
      strict,
    ),
  },
  /** The own notices, newest first. `before` is the offset of the last one of the page before. */
  notices: { params: Type.Object({ limit, before: Type.Optional(seqSchema) }, strict) },
} as const;

/** A notice in the user's history, with what the user did about it (ms UTC). */
export type NoticeView = {
  readonly notice: NoticeFrame;
  /** The user name of who sent it; absent when the machine did, or a user who is gone. */
  readonly sender?: string;
  readonly readAt?: number;
  readonly confirmedAt?: number;
  /** Recalled or replaced by its sender. */
  readonly isWithdrawn?: true;
};

export type QueryName = keyof typeof QUERIES;
export type QueryParams<N extends QueryName> = Static<(typeof QUERIES)[N]['params']>;

/** One row of a topic list. */
export type TopicView = { readonly record: TopicRecord; readonly summary: TopicSummary };

export type QueryResults = {
  notices: { readonly notices: readonly NoticeView[]; readonly nextBefore?: Seq; readonly unreadCount: number };
  topics: { readonly topics: readonly TopicView[]; readonly nextCursor?: string };
  topic: TopicView | { readonly missing: true };
  items: {
    readonly items: readonly ItemRecord[];
    /** Absent when the oldest item is in this page. */
    readonly nextBefore?: ItemCursor;
    /** Replies of the topic that a screen shows beside its items: open ones, and refused ones of the last week. */
    readonly replies: readonly ReplyRecord[];
  };
  unreadItems: { readonly items: readonly ItemRecord[]; readonly nextBefore?: ItemCursor; readonly totalCount: number };
};
