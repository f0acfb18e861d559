/** Invented facts for load: small, valid, in Chinese and emoji where text is, with ids above 2^53. */
import type { ChangeOf } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, TopicId } from '@hiscrm/shared/model/ids.ts';

/** A moment that all invented times count from, so that two runs of one seed are equal. */
export const FIRST_AT_MS = 1_760_000_000_000;
const ID_BASE = 7_300_000_000_000_000_000n;

/** A platform-like id: digits, above 2^53. */
export const platformId = (n: number): string => String(ID_BASE + BigInt(n));

type Extra = {
  readonly text?: string;
  readonly rawTime?: string;
  readonly at?: number;
  readonly direction?: 'in' | 'out';
};

export function message(
  accountId: AccountId,
  topic: number,
  n: number,
  extra: Extra = {},
): ChangeOf<'message.observed'> {
  const at = extra.at ?? FIRST_AT_MS + n;
  return {
    kind: 'message.observed',
    accountId,
    facts: {
      kind: 'message',
      type: 'text',
      id: platformId(n) as ItemId, // invented here
      topicId: `c${topic}` as TopicId, // invented here
      direction: extra.direction ?? 'in',
      text: extra.text ?? `你好，第${n}条消息 😀`,
      at,
      ...(extra.rawTime !== undefined && { rawTime: extra.rawTime }),
      state: 'visible',
      source: 'api',
      observedAt: at,
    },
  };
}

export function comment(
  accountId: AccountId,
  topic: number,
  n: number,
  extra: Extra & { readonly likeCount?: number; readonly observedAt?: number } = {},
): ChangeOf<'comment.observed'> {
  const at = extra.at ?? FIRST_AT_MS + n;
  return {
    kind: 'comment.observed',
    accountId,
    facts: {
      kind: 'comment',
      id: platformId(n) as ItemId, // invented here
      topicId: platformId(900_000_000 + topic) as TopicId, // invented here
      author: { id: platformId(500_000_000 + (n % 40)), name: `顾客${n % 40}` },
      direction: extra.direction ?? 'in',
      text: extra.text ?? `第${n}条评论，还有货吗？👍`,
      at,
      state: 'visible',
      ...(extra.likeCount !== undefined && { likeCount: extra.likeCount }),
      source: 'api',
      observedAt: extra.observedAt ?? at,
    },
  };
}

/** A conversation as its list shows it. */
export function conversation(accountId: AccountId, topic: number): ChangeOf<'conversation.observed'> {
  return {
    kind: 'conversation.observed',
    accountId,
    facts: {
      id: `c${topic}` as TopicId, // invented here
      type: 'private',
      peer: {
        id: platformId(600_000_000 + topic),
        name: `顾客${topic}`,
      },
      createdAt: FIRST_AT_MS,
      source: 'api',
      observedAt: FIRST_AT_MS,
    },
  };
}
