/**
 * The notice protocol: `GET /ws` without a subprotocol, one JSON object a text frame.
 *
 * A notice's frame has the notice's own `type`, so a client tells the server's own frames from notices by the fixed names
 * below. `offset` only grows for a user; what a client has not acknowledged comes again after a reconnect, in order.
 */
import Type, { type Static } from 'typebox';
import { seqSchema, timeMsSchema } from '../model/ids.ts';
import { messageIdSchema, noticePrioritySchema, noticeTypeSchema } from '../model/notice.ts';
import type { ReceiptState } from '../model/notice-change.ts';

/** A client's frame is at most this: a thousand ids go in several. */
export const NOTICE_FRAME_LIMIT_BYTES = 4 * 1024;
/** Clients are told to send a `ping` this often. */
export const NOTICE_HEARTBEAT_MS = 30_000;
/** RFC 6455, 7.4.1: the peer broke the rules. */
export const CLOSE_POLICY = 1008;
/** RFC 6455, 7.4.1 and the registry: going away; try again later. */
export const CLOSE_GOING_AWAY = 1001;
export const CLOSE_TRY_LATER = 1013;

const strict = { additionalProperties: false } as const;
const messageIds = Type.Array(messageIdSchema, { minItems: 1, maxItems: 1_000 });

export const noticeResumeSchema = Type.Object({ type: Type.Literal('resume'), offset: seqSchema }, strict);
export const noticeAckSchema = Type.Union([
  Type.Object({ type: Type.Literal('ack'), messageIds }, strict),
  Type.Object({ type: Type.Literal('ack'), uptoOffset: seqSchema }, strict),
]);
export const noticeReadSchema = Type.Object(
  { type: Type.Literal('read'), messageIds: Type.Union([messageIds, Type.Literal('all')]) },
  strict,
);
export const noticeConfirmSchema = Type.Object({ type: Type.Literal('confirm'), messageId: messageIdSchema }, strict);
export const noticePingSchema = Type.Object({ type: Type.Literal('ping') }, strict);

/** Everything a notice client may send. */
export const noticeUpSchema = Type.Union([
  noticeResumeSchema,
  noticeAckSchema,
  noticeReadSchema,
  noticeConfirmSchema,
  noticePingSchema,
]);
export type NoticeUp = Static<typeof noticeUpSchema>;

/** The type of a digest's frame. */
export const DIGEST_TYPE = 'notice_digest';

/** Names that a notice's `type` may not have, because the server uses them. */
export const NOTICE_SERVER_TYPES = [
  'connected',
  'ack_result',
  'unread',
  'error',
  'bye',
  'pong',
  'notice_withdrawn',
  DIGEST_TYPE,
] as const;

/** How a digest's id begins. Marking it marks every notice in it. */
export const DIGEST_ID_PREFIX = 'digest~';
/** `data` of a digest: how many notices it stands for, and the newest of them; the own history lists all. */
export const noticeDigestSchema = Type.Object(
  {
    count: Type.Integer({ minimum: 2 }),
    items: Type.Array(
      Type.Object(
        {
          messageId: messageIdSchema,
          type: noticeTypeSchema,
          title: Type.Optional(Type.String()),
          content: Type.String(),
          time: timeMsSchema,
        },
        strict,
      ),
    ),
  },
  strict,
);
export type NoticeDigest = Static<typeof noticeDigestSchema>;

/** A notice as it stands in its frame. */
export const noticeFrameSchema = Type.Object(
  {
    type: noticeTypeSchema,
    messageId: messageIdSchema,
    offset: seqSchema,
    title: Type.Optional(Type.String()),
    content: Type.String(),
    data: Type.Optional(Type.Unknown()),
    time: timeMsSchema,
    priority: noticePrioritySchema,
    needConfirm: Type.Boolean(),
    /** It waited for the user. */
    offline: Type.Optional(Type.Literal(true)),
  },
  strict,
);
export type NoticeFrame = Static<typeof noticeFrameSchema>;

export type ByeReason = 'drain' | 'slow_consumer' | 'revoked' | 'heartbeat_missed' | 'bad_frames';

/** Everything the server sends besides notices. */
export type NoticeDown =
  | {
      readonly type: 'connected';
      readonly connectionId: string;
      readonly userId: string;
      readonly serverTime: number;
      readonly heartbeatMs: number;
    }
  | { readonly type: 'ack_result'; readonly messageIds: readonly string[]; readonly state: ReceiptState }
  | { readonly type: 'unread'; readonly count: number }
  /** Recalled or replaced: take it off the screen. */
  | { readonly type: 'notice_withdrawn'; readonly messageId: string; readonly supersededBy?: string }
  | {
      readonly type: 'error';
      readonly code: string;
      readonly message: string;
      readonly ref?: string;
      readonly fatal?: true;
    }
  | { readonly type: 'bye'; readonly reason: ByeReason; readonly reconnectAfterMs: number }
  | { readonly type: 'pong' };
