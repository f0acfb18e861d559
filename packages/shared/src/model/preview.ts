import { compareText } from '../lib/compare-text.ts';
import type { ItemRecord } from './records.ts';
import { PREVIEW_LIMIT_CHARS, type Preview } from './summary.ts';

/** The item in one line of a list. */
export function previewOf(item: ItemRecord): Preview {
  const { facts } = item;
  const authorName = facts.author?.name;
  return {
    itemId: facts.id,
    at: facts.at,
    type: facts.kind === 'comment' ? 'comment' : (facts.type ?? 'text'),
    text: cut(facts.text),
    ...(authorName !== undefined && { authorName }),
    direction: facts.direction,
    state: facts.state,
  };
}

/** Not through the middle of an emoji. */
function cut(text: string): string {
  if (text.length <= PREVIEW_LIMIT_CHARS) return text;
  const isSplit = (text.charCodeAt(PREVIEW_LIMIT_CHARS - 1) & 0xfc00) === 0xd800;
  return text.slice(0, isSplit ? PREVIEW_LIMIT_CHARS - 1 : PREVIEW_LIMIT_CHARS);
}

/** Orders by platform time, then by id, then comments before messages: positive when `a` is the newer one. */
export function comparePreviews(a: Preview, b: Preview): number {
  if (a.at !== b.at) return a.at - b.at;
  return compareText(a.itemId, b.itemId) || Number(a.type !== 'comment') - Number(b.type !== 'comment');
}
