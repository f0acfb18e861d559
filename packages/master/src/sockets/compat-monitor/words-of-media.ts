/** Existing clients draw text; what else a message holds is named in brackets, as the platform's own lists do. */
import type { ItemFacts } from '@hiscrm/shared/model/facts.ts';
import type { Preview } from '@hiscrm/shared/model/summary.ts';

const NAMES: Readonly<Record<string, string>> = {
  image: '[图片]',
  sticker: '[表情]',
  video: '[视频]',
  audio: '[语音]',
  file: '[文件]',
  link: '[链接]',
  card: '[卡片]',
  share: '[分享作品]',
  shareComment: '[分享评论]',
  system: '[系统消息]',
  unsupported: '[暂不支持的消息]',
};
const RECALLED = '[消息已撤回]';
const DELETED = '[已删除]';

/** Types that the deployed system has a word for on the wire; the others are text to its clients. */
const WIRE_TYPES: ReadonlySet<string> = new Set(['text', 'image', 'video', 'audio', 'file', 'link', 'card']);

/** One line for a list. */
export const lineOf = ({ state, text, type }: Pick<Preview, 'state' | 'text' | 'type'>): string =>
  gone(state) ?? (text || (NAMES[type] ?? ''));

/** What the bubble says: the text, else what the message is. */
export function contentOf(facts: ItemFacts): string {
  const state = gone(facts.state);
  if (state !== undefined) return state;
  if (facts.text) return facts.text;
  const [media] = facts.media ?? [];
  const type = (facts.kind === 'message' ? facts.type : undefined) ?? media?.kind;
  const name = NAMES[type ?? ''] ?? '';
  return media?.title ? `${name} ${media.title}`.trim() : name;
}

/** The message's type on the wire. */
export function wireTypeOf(facts: ItemFacts): string {
  if (facts.kind === 'comment') return 'comment';
  return facts.type !== undefined && WIRE_TYPES.has(facts.type) ? facts.type : 'text';
}

function gone(state: string | undefined): string | undefined {
  if (state === 'recalled') return RECALLED;
  return state === 'deleted' || state === 'hidden' ? DELETED : undefined;
}
