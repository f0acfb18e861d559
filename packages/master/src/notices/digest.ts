/** Low notices that were kept for a user's digest and came together: one frame stands for all of them. */
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import {
  DIGEST_ID_PREFIX,
  DIGEST_TYPE,
  type NoticeDigest,
  type NoticeFrame,
} from '@hiscrm/shared/protocol/notice-link.ts';
import type { LiveNotice } from './live-notice.ts';
import type { NoticeLanguage } from './notice-language.ts';

/** Notices that a digest names; the own history has all of them. */
const ITEMS_SHOWN_COUNT = 20;
const ITEM_SHOWN_CHARS = 100;
/** Titles in the text of a digest. */
const TITLES_SHOWN_COUNT = 5;

/** The id under which a digest is marked. It follows from the place that its notices share in the user's stream. */
export const digestIdOf = (place: Seq): string => `${DIGEST_ID_PREFIX}${place}`;

/** The place that a digest's id names; undefined when it is no digest's. */
export function placeOfDigest(messageId: string): Seq | undefined {
  if (!messageId.startsWith(DIGEST_ID_PREFIX)) return undefined;
  const digits = messageId.slice(DIGEST_ID_PREFIX.length);
  return /^[1-9]\d{0,15}$/.test(digits) ? (Number(digits) as Seq) : undefined; // what digestIdOf writes
}

/** A record or an entry that has its place and keeps the moment until which it was held: it came in a digest. */
export const isInDigest = ({ place, heldUntil }: { readonly place: number; readonly heldUntil: number }): boolean =>
  place > 0 && heldUntil > 0;

/** What a reader is shown, in the order given: one by one, but those of a digest in one group, where the first of them stood. */
export function groupDigests<T extends { readonly place: number; readonly heldUntil: number }>(
  entries: readonly T[],
): readonly (readonly [T, ...T[]])[] {
  const groups: [T, ...T[]][] = [];
  // Made for the first digest only: nearly every acknowledgement comes through here without one.
  let digests: Map<number, [T, ...T[]]> | undefined;
  for (const entry of entries) {
    const known = isInDigest(entry) ? digests?.get(entry.place) : undefined;
    if (known) {
      known.push(entry);
      continue;
    }
    const group: [T, ...T[]] = [entry];
    groups.push(group);
    if (!isInDigest(entry)) continue;
    digests ??= new Map();
    digests.set(entry.place, group);
  }
  return groups;
}

/** The frame of a digest of two or more notices. */
export function digestFrameOf(
  notices: readonly LiveNotice[],
  options: { readonly offset: Seq; readonly language: NoticeLanguage; readonly isOffline: boolean },
): NoticeFrame {
  const newestFirst = [...notices].sort((a, b) => b.no - a.no);
  const items = newestFirst.slice(0, ITEMS_SHOWN_COUNT).map((notice) => itemOf(notice, options.language));
  const count = notices.length;
  const titles = items.slice(0, TITLES_SHOWN_COUNT).map(({ title, content }) => title ?? content);
  const isEnglish = options.language === 'en';
  const more = count > titles.length ? ' …' : '';
  return {
    type: DIGEST_TYPE,
    messageId: digestIdOf(options.offset),
    offset: options.offset,
    title: isEnglish ? `${count} low-priority notices` : `${count} 条低优先级通知`,
    content: `${titles.join(isEnglish ? '; ' : '；')}${more}`,
    data: { count, items } satisfies NoticeDigest,
    time: items[0]?.time ?? 0,
    priority: 'low',
    needConfirm: false,
    ...(options.isOffline && { offline: true }),
  };
}

function itemOf(live: LiveNotice, language: NoticeLanguage): NoticeDigest['items'][number] {
  const { messageId, type, words } = live.notice;
  const { title, content } = (language === 'default' ? undefined : words?.[language]) ?? live.notice;
  return {
    messageId,
    type,
    ...(title !== undefined && { title: shortened(title) }),
    content: shortened(content),
    time: live.body.sentAt ?? live.at,
  };
}

/** By characters, so that none is cut in two. */
function shortened(text: string): string {
  const characters = [...text.slice(0, 2 * ITEM_SHOWN_CHARS)];
  return characters.length > ITEM_SHOWN_CHARS ? `${characters.slice(0, ITEM_SHOWN_CHARS).join('')}…` : text;
}
