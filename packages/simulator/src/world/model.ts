import type { JsonObject } from '../lib/encode-json.ts';
import type { CommentShelf } from './comment-shelf.ts';

/** Somebody on the platform: a customer or the brand itself. */
export type Person = {
  uid: string;
  secUid: string;
  nickname: string;
  shortId: string;
  uniqueId: string;
  gender: number;
  signature: string;
  avatarKey: string;
  province: string;
  followStatus: number;
  followerStatus: number;
  followerCount: number;
};

export type WorkFlags = {
  isDeleted: boolean;
  isPrivate: boolean;
  isInReview: boolean;
  isProhibited: boolean;
  isCommentAllowed: boolean;
};

export type WorkStats = { play: number; digg: number; share: number; collect: number };

export type Work = {
  awemeId: string;
  kind: 'video' | 'images';
  title: string;
  desc: string;
  createdMs: number;
  durationMs: number;
  coverKey: string;
  imageKeys: string[];
  hashtags: string[];
  stats: WorkStats;
  flags: WorkFlags;
  comments: CommentShelf;
};

/** 1 = visible; anything else is hidden or deleted. */
export type CommentStatus = 1 | 2 | 7;

export type Comment = {
  cid: string;
  awemeId: string;
  author: Person;
  text: string;
  createdMs: number;
  status: CommentStatus;
  level: 1 | 2;
  /** Parent's cid, "0" on level 1. */
  replyId: string;
  /** The level-2 comment answered, "0" if none. */
  replyToReplyId: string;
  replyTo: Person | undefined;
  diggCount: number;
  isDigged: boolean;
  isPinned: boolean;
  imageKeys: string[];
};

export type Message = {
  serverId: string;
  clientId: string;
  type: number;
  sender: Person;
  /** Parsed content; `rawContent` wins when the text is broken on purpose. */
  content: JsonObject;
  rawContent?: string | undefined;
  createdMs: number;
  index: number;
  isRecalled: boolean;
};

export type Conversation = {
  id: string;
  shortId: string;
  peer: Person;
  isStranger: boolean;
  unreadCount: number;
  messages: Message[];
};

/** What happened in the world, for the push channel. */
export type WorldEvent =
  | { kind: 'message'; accountUid: string; conversation: Conversation; message: Message }
  | { kind: 'message_changed'; accountUid: string; conversation: Conversation; message: Message }
  | { kind: 'conversation_read'; accountUid: string; conversation: Conversation }
  | { kind: 'comment'; accountUid: string; work: Work; comment: Comment; nid: string }
  | { kind: 'follow'; accountUid: string; person: Person; nid: string; atMs: number }
  | { kind: 'digg'; accountUid: string; person: Person; work: Work; nid: string; atMs: number }
  | { kind: 'system'; accountUid: string; title: string; content: string; nid: string; atMs: number };
