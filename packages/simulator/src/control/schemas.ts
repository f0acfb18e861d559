import Type, { type TObject, type TProperties } from 'typebox';

const account = Type.String({ description: 'key (a1) or uid' });
const text = Type.String({ maxLength: 5000 });
const id = Type.String({ minLength: 1, maxLength: 64 });
/** A customer: index in the account's invented people, or a uid. Default: a random one. */
const user = Type.Optional(
  Type.Union([Type.Integer({ minimum: 0, maximum: 100_000 }), Type.String({ maxLength: 32 })]),
);
const atMs = Type.Optional(Type.Integer({ description: 'virtual time of the fact; default now' }));
const object = <T extends TProperties>(properties: T): TObject<T> =>
  Type.Object(properties, { additionalProperties: false });

const profile = Type.Enum(['default', 'tiny', 'empty', 'large', 'huge']);
const variant = object({
  works: Type.Optional(Type.Enum(['work_list', 'item_list'])),
  write: Type.Optional(Type.Enum(['creator_v1', 'publish'])),
  messages: Type.Optional(Type.Enum(['varied', 'alt'])),
});

/** `POST /__sim/reset`. What is left out stays as it was. */
export const resetSchema = object({
  seed: Type.Optional(Type.String({ maxLength: 100 })),
  accounts: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
  profile: Type.Optional(profile),
  variant: Type.Optional(variant),
  nowMs: Type.Optional(Type.Integer()),
});
export type ResetOrder = Type.Static<typeof resetSchema>;

/** `POST /__sim/clock`: `nowMs` first, then `advanceMs`, then `isFrozen`. */
export const clockSchema = object({
  nowMs: Type.Optional(Type.Integer()),
  advanceMs: Type.Optional(Type.Integer()),
  isFrozen: Type.Optional(Type.Boolean()),
});
export type ClockOrder = Type.Static<typeof clockSchema>;

/** `POST /__sim/seed`: more of everything for one account, without push. */
export const seedSchema = object({
  account,
  works: Type.Optional(
    object({
      count: Type.Integer({ minimum: 1, maximum: 5000 }),
      commentsEach: Type.Optional(Type.Integer({ minimum: 0, maximum: 20_000 })),
    }),
  ),
  comments: Type.Optional(object({ work: id, count: Type.Integer({ minimum: 0, maximum: 200_000 }) })),
  conversations: Type.Optional(
    object({
      count: Type.Integer({ minimum: 1, maximum: 5000 }),
      messagesEach: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    }),
  ),
});
export type SeedOrder = Type.Static<typeof seedSchema>;

const work = Type.Optional(id);
const delta = Type.Optional(Type.Integer({ minimum: -1_000_000, maximum: 1_000_000 }));
const content = Type.Optional(Type.Record(Type.String(), Type.Unknown()));

/** `POST /__sim/event`: one thing that happens on the platform. `work` defaults to the newest public one. */
export const eventSchema = Type.Union([
  object({
    kind: Type.Literal('comment_new'),
    account,
    work,
    user,
    text: Type.Optional(text),
    isPinned: Type.Optional(Type.Boolean()),
    images: Type.Optional(Type.Integer({ minimum: 0, maximum: 9 })),
    atMs,
  }),
  object({
    kind: Type.Literal('reply_new'),
    account,
    work,
    parent: id,
    replyTo: Type.Optional(id),
    user,
    byAuthor: Type.Optional(Type.Boolean()),
    text: Type.Optional(text),
    atMs,
  }),
  object({ kind: Type.Literal('comment_edit'), account, work, comment: id, text }),
  object({
    kind: Type.Literal('comment_delete'),
    account,
    work,
    comment: id,
    mode: Type.Optional(Type.Enum(['vanish', 'status'])),
  }),
  object({ kind: Type.Literal('comment_like'), account, work, comment: id, delta }),
  object({ kind: Type.Literal('like'), account, work, user }),
  object({ kind: Type.Literal('work_stats'), account, work, play: delta, digg: delta, share: delta, collect: delta }),
  object({ kind: Type.Literal('follow'), account, user }),
  object({
    kind: Type.Literal('dm_in'),
    account,
    conversation: Type.Optional(id),
    user,
    text: Type.Optional(text),
    type: Type.Optional(Type.Integer()),
    content,
    rawContent: Type.Optional(text),
    atMs,
  }),
  object({ kind: Type.Literal('dm_out_from_phone'), account, conversation: Type.Optional(id), user, text, atMs }),
  object({ kind: Type.Literal('dm_recall'), account, conversation: id, message: id }),
  object({ kind: Type.Literal('dm_read'), account, conversation: id }),
  object({ kind: Type.Literal('system_notice'), account, title: text, content: text }),
  object({
    kind: Type.Literal('work_new'),
    account,
    title: Type.Optional(text),
    desc: Type.Optional(text),
    type: Type.Optional(Type.Enum(['video', 'images'])),
  }),
  object({ kind: Type.Literal('work_private'), account, work, isPrivate: Type.Optional(Type.Boolean()) }),
  object({ kind: Type.Literal('work_review'), account, work, isInReview: Type.Optional(Type.Boolean()) }),
  object({ kind: Type.Literal('work_comments_closed'), account, work, isClosed: Type.Optional(Type.Boolean()) }),
  object({ kind: Type.Literal('work_delete'), account, work }),
]);
export type SimEvent = Type.Static<typeof eventSchema>;

/**
 * `POST /__sim/login`. With only an account: opens a session and answers its cookies. With an action: moves the QR code on
 * show (the latest waiting one, or the one named).
 */
export const loginSchema = object({
  account: Type.Optional(account),
  action: Type.Optional(Type.Enum(['scan', 'confirm', 'cancel', 'expire', 'other_user', 'second_factor'])),
  token: Type.Optional(id),
});
export type LoginOrder = Type.Static<typeof loginSchema>;

/** `POST /__sim/session/expire`. */
export const expireSchema = object({ account });
export type ExpireOrder = Type.Static<typeof expireSchema>;
