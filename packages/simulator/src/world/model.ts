import type { JsonObject } from '../lib/encode-json.ts';
import type { Comment, Person } from './comment.ts';
import type { CommentShelf } from './comment-shelf.ts';

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
