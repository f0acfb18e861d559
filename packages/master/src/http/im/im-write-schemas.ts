/** What programs may write through the historic inbox API. Unknown fields are ignored, as that API did; known ones are checked. */
import { accountIdSchema } from '@hiscrm/shared/model/ids.ts';
import { REPLY_TEXT_LIMIT_CHARS } from '@hiscrm/shared/model/reply.ts';
import Type from 'typebox';
import { businessTypeSchema } from './im-schemas.ts';

const optional = Type.Optional;
const text = (maxLength: number) => optional(Type.String({ maxLength }));
const platformId = Type.String({ minLength: 1, maxLength: 200 });
const url = text(4_000);
const time = optional(Type.Integer({ minimum: 0, maximum: 99_999_999_999_999 }));
const count = optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }));
const person = { user_id: optional(platformId), user_name: text(500), avatar: url };
const replyText = Type.String({ minLength: 1, maxLength: REPLY_TEXT_LIMIT_CHARS });
const ofAccount = { account_id: accountIdSchema };

/** Ids that one request may name. */
export const IDS_LIMIT_COUNT = 1_000;

export const BODY = {
  newAccount: Type.Object({
    platform: Type.String({ maxLength: 40 }),
    account_name: text(50),
    user_name: text(50),
  }),
  account: Type.Object({
    account_name: text(50),
    user_name: text(50),
    status: optional(
      Type.Unsafe<'active' | 'inactive' | 'paused'>(Type.String({ enum: ['active', 'inactive', 'paused'] })),
    ),
  }),
  newConversation: Type.Object({
    ...ofAccount,
    ...person,
    conversation_id: optional(platformId),
    participant: optional(Type.Object(person)),
    conversation_type: optional(Type.Unsafe<'one_on_one' | 'group'>(Type.String({ enum: ['one_on_one', 'group'] }))),
  }),
  newMessage: Type.Object({
    ...ofAccount,
    conversation_id: platformId,
    content: replyText,
    /** The platform's id: then it is a record of what is there. Without it, the content is sent. */
    msg_id: optional(platformId),
    reply_to_message_id: optional(Type.Union([platformId, Type.Null()])),
    direction: optional(Type.Unsafe<'inbound' | 'outbound'>(Type.String({ enum: ['inbound', 'outbound'] }))),
    sender: optional(Type.Object(person)),
    create_time: time,
    request_id: optional(Type.String({ minLength: 1, maxLength: 90 })),
  }),
  messageStatus: Type.Object({
    status: Type.Unsafe<'sending' | 'sent' | 'delivered' | 'read' | 'failed'>(
      Type.String({ enum: ['sending', 'sent', 'delivered', 'read', 'failed'] }),
    ),
  }),
  newContent: Type.Object({
    ...ofAccount,
    content_id: optional(platformId),
    platform_content_id: optional(platformId),
    content_type: optional(
      Type.Unsafe<'video' | 'images' | 'article' | 'live' | 'other'>(
        Type.String({ enum: ['video', 'images', 'image', 'article', 'live', 'other'] }),
      ),
    ),
    title: text(20_000),
    description: text(20_000),
    cover: url,
    url,
    publish_time: time,
    stats: optional(Type.Object({ total_comments: count, likes: count, shares: count, views: count })),
  }),
  newDiscussion: Type.Object({
    ...ofAccount,
    parent_comment_id: platformId,
    content: replyText,
    /** The platform's id: then it is a record of what is there. Without it, the content is sent. */
    discussion_id: optional(platformId),
    platform_discussion_id: optional(platformId),
    author: optional(Type.Object({ author_id: optional(platformId), author_name: text(500) })),
    create_time: time,
    request_id: optional(Type.String({ minLength: 1, maxLength: 90 })),
  }),
  discussion: Type.Object({ content: text(20_000), is_read: optional(Type.Boolean()) }),
  unifiedRead: Type.Object({ business_type: businessTypeSchema }),
  unifiedReadMany: Type.Object({
    message_ids: Type.Array(platformId, { minItems: 1, maxItems: IDS_LIMIT_COUNT }),
    business_type: businessTypeSchema,
    account_id: optional(accountIdSchema),
  }),
} as const;
