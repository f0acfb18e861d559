import Type from 'typebox';
import type { Brand } from '../lib/brand.ts';

/** Our own id of one login on a platform: `acc-<uuid>`. Holds no colon, so that keys built from it stay readable. */
export type AccountId = Brand<string, 'AccountId'>;
export type WorkerId = Brand<string, 'WorkerId'>;
export type UserId = Brand<string, 'UserId'>;
export type ReplyId = Brand<string, 'ReplyId'>;
/** The platform's own id of a work or a conversation, as text (ids exceed 2^53). */
export type TopicId = Brand<string, 'TopicId'>;
/** The platform's own id of a comment or a message, as text. */
export type ItemId = Brand<string, 'ItemId'>;
/** A change's place in the log: from 1, without gaps, in commit order. 0 is before the first. */
export type Seq = Brand<number, 'Seq'>;
/** Names one unbroken history of the log; a restored or reset log has another one. */
export type Epoch = Brand<string, 'Epoch'>;

const ownId = (pattern: string) => Type.String({ minLength: 1, maxLength: 80, pattern });

export const accountIdSchema = Type.Unsafe<AccountId>(ownId('^[A-Za-z0-9_-]+$'));
export const workerIdSchema = Type.Unsafe<WorkerId>(ownId('^[A-Za-z0-9_.-]+$'));
export const userIdSchema = Type.Unsafe<UserId>(ownId('^[A-Za-z0-9_-]+$'));
export const replyIdSchema = Type.Unsafe<ReplyId>(ownId('^[A-Za-z0-9_-]+$'));
/** Platform ids are opaque: any visible text up to a length that no platform comes near. */
export const topicIdSchema = Type.Unsafe<TopicId>(Type.String({ minLength: 1, maxLength: 200 }));
export const itemIdSchema = Type.Unsafe<ItemId>(Type.String({ minLength: 1, maxLength: 200 }));
export const seqSchema = Type.Unsafe<Seq>(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }));
export const epochSchema = Type.Unsafe<Epoch>(Type.String({ minLength: 1, maxLength: 64 }));

/** Milliseconds since the epoch, UTC. The upper bound (year 5138) refuses microseconds. */
export const timeMsSchema = Type.Integer({ minimum: 0, maximum: 99_999_999_999_999 });

export const START: Seq = 0 as Seq; // the place before the first change
