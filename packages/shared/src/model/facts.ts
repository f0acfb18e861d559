/**
 * What a platform's page said about one thing at one moment. Facts are partial: a field that is absent says nothing.
 * Text limits are far above what platforms allow; a longer text is a parser's mistake and is refused, not cut.
 */
import Type from 'typebox';
import { itemIdSchema, timeMsSchema, topicIdSchema } from './ids.ts';

const strict = { additionalProperties: false } as const;
const shortText = Type.String({ maxLength: 500 });
const longText = Type.String({ maxLength: 20_000 });
const url = Type.String({ maxLength: 4_000 });
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const aliases = Type.Array(Type.String({ minLength: 1, maxLength: 300 }), { maxItems: 20 });

/**
 * `source` names where a fact was read (api, apiOld, notice, pageState, dom, import, …): it decides nothing, it tells a
 * person where to look. `observedAt` orders observations of the same thing.
 */
const provenance = { source: Type.String({ maxLength: 20 }), observedAt: timeMsSchema };

/** The person or account behind an item. `id` is the platform's plain user id where it is known. */
export const personSchema = Type.Object(
  {
    id: Type.String({ minLength: 1, maxLength: 300 }),
    name: Type.Optional(shortText),
    avatarUrl: Type.Optional(url),
    aliases: Type.Optional(aliases),
  },
  strict,
);
export type Person = Type.Static<typeof personSchema>;

export const mediaKindSchema = Type.Union([
  Type.Literal('image'),
  Type.Literal('sticker'),
  Type.Literal('video'),
  Type.Literal('audio'),
  Type.Literal('file'),
  Type.Literal('link'),
  Type.Literal('card'),
  Type.Literal('work'),
  Type.Literal('comment'),
]);
export type MediaKind = Type.Static<typeof mediaKindSchema>;

/** Something beside the text: a picture, a voice note, a shared work, a card. */
export const mediaSchema = Type.Object(
  {
    kind: mediaKindSchema,
    url: Type.Optional(url),
    thumbnailUrl: Type.Optional(url),
    title: Type.Optional(shortText),
    text: Type.Optional(longText),
    widthPx: Type.Optional(count),
    heightPx: Type.Optional(count),
    durationMs: Type.Optional(count),
    sizeBytes: Type.Optional(count),
    /** The platform id of what is shared: a work, a comment, a user. */
    refId: Type.Optional(Type.String({ maxLength: 300 })),
  },
  strict,
);
export type Media = Type.Static<typeof mediaSchema>;

export const directionSchema = Type.Union([Type.Literal('in'), Type.Literal('out')]);
export type Direction = Type.Static<typeof directionSchema>;

/** Who the account is on its platform, as its own pages show it. */
export const profileFactsSchema = Type.Object(
  {
    platformUserId: Type.String({ minLength: 1, maxLength: 300 }),
    nickname: Type.Optional(shortText),
    /** The public handle (on Douyin the 抖音号). */
    handle: Type.Optional(shortText),
    avatarUrl: Type.Optional(url),
    signature: Type.Optional(longText),
    followerCount: Type.Optional(count),
    followingCount: Type.Optional(count),
    contentCount: Type.Optional(count),
    likedCount: Type.Optional(count),
    aliases: Type.Optional(aliases),
    ...provenance,
  },
  strict,
);
export type ProfileFacts = Type.Static<typeof profileFactsSchema>;

export const contentTypeSchema = Type.Union([
  Type.Literal('video'),
  Type.Literal('images'),
  Type.Literal('article'),
  Type.Literal('live'),
  Type.Literal('other'),
]);
export const contentStateSchema = Type.Union([
  Type.Literal('public'),
  Type.Literal('private'),
  Type.Literal('friends'),
  Type.Literal('reviewing'),
  Type.Literal('prohibited'),
  Type.Literal('deleted'),
]);

/** Counts and rates of a work. Rates and proportions are fractions 0–1; seconds are seconds. */
export const contentStatsSchema = Type.Record(Type.String({ pattern: '^[a-z][A-Za-z0-9]{1,40}$' }), Type.Number(), {
  maxProperties: 60,
});

export const contentFactsSchema = Type.Object(
  {
    id: topicIdSchema,
    type: Type.Optional(contentTypeSchema),
    title: Type.Optional(longText),
    description: Type.Optional(longText),
    coverUrl: Type.Optional(url),
    url: Type.Optional(url),
    publishedAt: Type.Optional(timeMsSchema),
    rawTime: Type.Optional(shortText),
    durationMs: Type.Optional(count),
    state: Type.Optional(contentStateSchema),
    allowComment: Type.Optional(Type.Boolean()),
    stats: Type.Optional(contentStatsSchema),
    aliases: Type.Optional(aliases),
    ...provenance,
  },
  strict,
);
export type ContentFacts = Type.Static<typeof contentFactsSchema>;

export const conversationFactsSchema = Type.Object(
  {
    id: topicIdSchema,
    type: Type.Optional(Type.Union([Type.Literal('private'), Type.Literal('group')])),
    peer: Type.Optional(personSchema),
    title: Type.Optional(shortText),
    avatarUrl: Type.Optional(url),
    isStranger: Type.Optional(Type.Boolean()),
    participantCount: Type.Optional(count),
    /** What the platform's own badge says. Shown as information; our unread count never comes from it. */
    platformUnreadCount: Type.Optional(count),
    /** When the peer read our last message, where the platform tells. */
    peerReadAt: Type.Optional(timeMsSchema),
    createdAt: Type.Optional(timeMsSchema),
    aliases: Type.Optional(aliases),
    ...provenance,
  },
  strict,
);
export type ConversationFacts = Type.Static<typeof conversationFactsSchema>;

export const itemStateSchema = Type.Union([
  Type.Literal('visible'),
  Type.Literal('hidden'),
  Type.Literal('deleted'),
  Type.Literal('recalled'),
]);
export type ItemState = Type.Static<typeof itemStateSchema>;

/** What kind of content a direct message has; `unsupported` is shown as such, never dropped. */
export const messageTypeSchema = Type.Union([
  Type.Literal('text'),
  Type.Literal('image'),
  Type.Literal('sticker'),
  Type.Literal('video'),
  Type.Literal('audio'),
  Type.Literal('file'),
  Type.Literal('link'),
  Type.Literal('card'),
  Type.Literal('share'),
  Type.Literal('shareComment'),
  Type.Literal('system'),
  Type.Literal('unsupported'),
]);
export type MessageType = Type.Static<typeof messageTypeSchema>;

const itemFields = {
  id: itemIdSchema,
  topicId: topicIdSchema,
  author: Type.Optional(personSchema),
  direction: Type.Optional(directionSchema),
  text: Type.Optional(longText),
  media: Type.Optional(Type.Array(mediaSchema, { maxItems: 50 })),
  /** When the platform says it was written. */
  at: Type.Optional(timeMsSchema),
  /** The platform's own text or number for that time, kept beside it. */
  rawTime: Type.Optional(shortText),
  state: Type.Optional(itemStateSchema),
  aliases: Type.Optional(aliases),
  ...provenance,
};

/** A comment under a work; with `parentId` it is an answer to another comment. */
export const commentFactsSchema = Type.Object(
  {
    ...itemFields,
    kind: Type.Literal('comment'),
    /** The first-level comment this one hangs under. */
    parentId: Type.Optional(itemIdSchema),
    /** The comment answered, when that is itself an answer. */
    replyToId: Type.Optional(itemIdSchema),
    likeCount: Type.Optional(count),
    replyCount: Type.Optional(count),
    isPinned: Type.Optional(Type.Boolean()),
    ipLabel: Type.Optional(shortText),
  },
  strict,
);
export type CommentFacts = Type.Static<typeof commentFactsSchema>;

export const messageFactsSchema = Type.Object(
  {
    ...itemFields,
    kind: Type.Literal('message'),
    type: Type.Optional(messageTypeSchema),
    /** The id the sending device made up: matches our own sends. */
    clientMessageId: Type.Optional(Type.String({ maxLength: 200 })),
  },
  strict,
);
export type MessageFacts = Type.Static<typeof messageFactsSchema>;

/** One comment or one message, as observed. */
export type ItemFacts = CommentFacts | MessageFacts;
