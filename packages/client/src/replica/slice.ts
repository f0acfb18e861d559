import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { type TopicKind, type TopicRef, topicKey } from '@hiscrm/shared/model/topic-ref.ts';

/** A part of the replica that a screen may watch. Each slice has one getter; its value changes only when the slice is told. */
export type Slice = 'accounts' | 'workers' | `list:${string}` | `topic:${string}` | `window:${string}`;

export const listSlice = (accountId: AccountId, kind: TopicKind): Slice => `list:${accountId}:${kind}`;
export const topicSlice = (ref: TopicRef): Slice => `topic:${topicKey(ref)}`;
export const windowSlice = (ref: TopicRef): Slice => `window:${topicKey(ref)}`;
