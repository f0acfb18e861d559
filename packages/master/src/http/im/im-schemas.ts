/** The objects and queries of the historic inbox API, `/api/im`. Times are ms since the epoch, ids are text. */
import { accountIdSchema } from '@hiscrm/shared/model/ids.ts';
import { PAGE_LIMIT_COUNT } from '@hiscrm/shared/protocol/queries.ts';
import Type, { type TProperties, type TSchema } from 'typebox';

/** Paging by offset reads past everything before it; deeper reading belongs to the client protocol. */
export const OFFSET_LIMIT_COUNT = 1_000_000;

const text = Type.String();
const count = Type.Number();
const time = Type.Integer();
const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const oneOf = <const V extends string>(...values: V[]) => Type.Unsafe<V>(Type.String({ enum: values }));

const person = Type.Object({ user_id: text, user_name: text, avatar: text });
const messageType = oneOf('text', 'image', 'file', 'video', 'audio', 'link');
const direction = oneOf('inbound', 'outbound');
const messageStatus = oneOf('sent', 'delivered', 'read', 'failed', 'sending');

export const userSchema = Type.Object({
  user_id: text,
  user_name: text,
  avatar: text,
  signature: text,
  verified: Type.Boolean(),
  follower_count: count,
  following_count: count,
  status: oneOf('active', 'pending', 'inactive', 'banned'),
  platform: text,
  platform_user_id: orNull(text),
  created_at: time,
  updated_at: time,
});

export const conversationSchema = Type.Object({
  conversation_id: text,
  conversation_short_id: text,
  conversation_type: oneOf('one_on_one', 'group'),
  participant: person,
  last_message: orNull(Type.Object({ content: text, msg_type: messageType, create_time: time })),
  unread_count: count,
  is_pinned: Type.Boolean(),
  is_muted: Type.Boolean(),
  last_message_type: messageType,
  create_time: time,
  update_time: time,
  platform: text,
  status: text,
});

export const messageSchema = Type.Object({
  msg_id: text,
  conversation_id: text,
  sender: person,
  receiver: person,
  msg_type: messageType,
  content: text,
  create_time: time,
  status: messageStatus,
  is_read: Type.Boolean(),
  is_deleted: Type.Boolean(),
  is_recalled: Type.Boolean(),
  reply_to_message_id: orNull(text),
  media_url: orNull(text),
  media_thumbnail: orNull(text),
  file_size: orNull(count),
  file_name: orNull(text),
  duration: orNull(count),
  recalled_at: orNull(time),
  direction,
  platform: text,
});

export const workStatsSchema = Type.Object({
  total_comments: count,
  new_comments: count,
  likes: count,
  shares: count,
  views: count,
});

export const workSchema = Type.Object({
  content_id: text,
  platform: text,
  platform_content_id: text,
  content_type: text,
  title: text,
  description: text,
  cover: text,
  url: text,
  publish_time: orNull(time),
  stats: workStatsSchema,
  is_new: Type.Boolean(),
  crawl_status: oneOf('pending', 'completed'),
  created_at: orNull(time),
  updated_at: orNull(time),
  last_crawl_time: orNull(time),
});

export const discussionSchema = Type.Object({
  discussion_id: text,
  platform: text,
  platform_discussion_id: text,
  parent_comment_id: text,
  content: text,
  author: Type.Object({ author_id: text, author_name: text }),
  content_id: text,
  post_id: text,
  post_title: text,
  is_read: Type.Boolean(),
  is_new: Type.Boolean(),
  detected_at: time,
  created_at: time,
});

export const businessTypeSchema = oneOf('comment', 'discussion', 'direct_message');

export const unifiedSchema = Type.Object({
  msg_id: text,
  conversation_id: text,
  msg_type: messageType,
  business_type: businessTypeSchema,
  sender: person,
  receiver: Type.Optional(person),
  content: text,
  content_id: Type.Optional(text),
  work_title: Type.Optional(text),
  parent_comment_id: Type.Optional(text),
  direction: Type.Optional(direction),
  is_read: Type.Boolean(),
  is_new: Type.Boolean(),
  create_time: time,
  detected_at: time,
  platform: text,
  platform_comment_id: Type.Optional(text),
  platform_discussion_id: Type.Optional(text),
  platform_message_id: Type.Optional(text),
  status: Type.Optional(messageStatus),
});

export const unifiedStatsSchema = Type.Object({
  total: count,
  unread: count,
  by_type: Type.Object({
    comment: Type.Object({ total: count, unread: count }),
    direct_message: Type.Object({ total: count, unread: count }),
  }),
});

/** One object: `{data, status_code: 0}`. */
export const oneOfSchema = <S extends TSchema>(schema: S) =>
  Type.Object({ data: schema, status_code: Type.Literal(0) });

/** A list: `{data: {<key>: […], cursor, has_more}, status_code: 0, cursor, has_more}`. */
export const listOfSchema = <K extends string, S extends TSchema>(key: K, schema: S) =>
  Type.Object({
    data: Type.Object({ [key]: Type.Array(schema), cursor: time, has_more: Type.Boolean() }),
    status_code: Type.Literal(0),
    cursor: time,
    has_more: Type.Boolean(),
  });

export const imErrorSchema = Type.Object({
  data: Type.Null(),
  status_code: Type.Integer(),
  status_msg: text,
  code: text,
});

const paging = (defaultCount: number) => ({
  /** The `cursor` of the previous page: how many rows came before. */
  cursor: Type.Optional(Type.Integer({ minimum: 0, maximum: OFFSET_LIMIT_COUNT, default: 0 })),
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_LIMIT_COUNT, default: defaultCount })),
});
const flag = Type.Optional(Type.Boolean());
const optionalText = Type.Optional(Type.String({ maxLength: 200 }));

/** A query: unknown names are ignored, as the historic API did; known ones are checked. */
const query = <P extends TProperties>(properties: P) => Type.Object(properties);
const ofAccount = { account_id: accountIdSchema };

export const QUERY = {
  accounts: query({ ...paging(20), status: optionalText, platform: optionalText }),
  conversations: query({ ...ofAccount, ...paging(20), status: optionalText, is_pinned: flag, is_muted: flag }),
  messages: query({
    ...ofAccount,
    ...paging(20),
    conversation_id: optionalText,
    sender_id: optionalText,
    receiver_id: optionalText,
    status: optionalText,
    message_type: optionalText,
    is_deleted: flag,
    is_recalled: flag,
    since_time: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  }),
  conversationMessages: query({ ...ofAccount, ...paging(50) }),
  contents: query({ ...ofAccount, ...paging(20), content_type: optionalText, is_new: flag }),
  discussions: query({
    ...ofAccount,
    ...paging(20),
    parent_comment_id: optionalText,
    content_id: optionalText,
    is_read: flag,
    is_new: flag,
  }),
  commentDiscussions: query({ ...ofAccount, ...paging(20) }),
  unified: query({
    ...ofAccount,
    ...paging(20),
    types: Type.Optional(
      Type.String({ pattern: '^(comment|discussion|direct_message)(,(comment|discussion|direct_message))*$' }),
    ),
    is_new: flag,
    is_read: flag,
  }),
  unifiedStats: query(ofAccount),
  /** Without an account every visible one is looked through. */
  one: query({ account_id: Type.Optional(accountIdSchema) }),
} as const;

export const idParamsSchema = Type.Object({ id: Type.String({ minLength: 1, maxLength: 200 }) });
