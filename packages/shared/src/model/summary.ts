/**
 * Counters and previews that screens need without holding every item. The Master computes them from the effects of the
 * fold and sends the new value with the rows that changed it; clients store what they are given and add nothing up.
 */
import Type from 'typebox';
import { accountIdSchema, itemIdSchema, timeMsSchema } from './ids.ts';
import { topicRefSchema } from './topic-ref.ts';

const strict = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0 });

/** A preview is cut here; the whole text is in the item. */
export const PREVIEW_LIMIT_CHARS = 80;

/** The newest item by platform time. `type` is the message type, or `comment`. */
export const previewSchema = Type.Object(
  {
    itemId: itemIdSchema,
    at: timeMsSchema,
    type: Type.String(),
    text: Type.String(),
    authorName: Type.Optional(Type.String()),
    direction: Type.Union([Type.Literal('in'), Type.Literal('out')]),
    state: Type.String(),
  },
  strict,
);
export type Preview = Type.Static<typeof previewSchema>;

export const topicSummarySchema = Type.Object(
  { topic: topicRefSchema, unreadCount: count, itemCount: count, last: Type.Optional(previewSchema) },
  strict,
);
export type TopicSummary = Type.Static<typeof topicSummarySchema>;

/** Invariant: `unreadComments` is the sum over the account's works, `unreadMessages` over its conversations. */
export const accountSummarySchema = Type.Object(
  {
    accountId: accountIdSchema,
    unreadComments: count,
    unreadMessages: count,
    contentCount: count,
    conversationCount: count,
    commentCount: count,
    messageCount: count,
    last: Type.Optional(previewSchema),
  },
  strict,
);
export type AccountSummary = Type.Static<typeof accountSummarySchema>;
