import { h } from './boot.ts';
import { get } from './call.ts';
import { el } from './dom.ts';
import { ScrollLoader } from './scroll-loader.ts';

/** A work as the picker knows it. */
export type PickedWork = { id: string; title: string; cover: string; published: string; comments: number };

// biome-ignore lint/suspicious/noExplicitAny: rows come in the platform's shape
function fromItem(item: any): PickedWork {
  return {
    id: String(item.item_id_plain),
    title: item.title,
    cover: item.cover_image_url,
    published: item.create_time,
    comments: item.comment_count,
  };
}

/** One page of the old works list (surface B). */
export async function pickerPage(
  cursor: string,
): Promise<{ works: PickedWork[]; cursor: string; hasMore: boolean } | undefined> {
  const result = await get('/aweme/v1/creator/item/list/', { cursor });
  if (!result.ok || result.body.status_code !== 0 || !result.body.item_info_list) return undefined;
  return { works: result.body.item_info_list.map(fromItem), cursor: result.body.cursor, hasMore: result.body.has_more };
}

/** Opens the side sheet 选择作品; `onPick` gets the chosen work and the sheet closes. */
export function openPicker(onPick: (work: PickedWork) => void): void {
  const list = el('div', { class: h('picker-list') });
  const close = el('span', { role: 'button', class: h('picker-close') }, '×');
  const seen = new Set<string>();
  let cursor = '';
  const loader = new ScrollLoader(async () => {
    const page = await pickerPage(cursor);
    if (!page) return 'failed';
    cursor = page.cursor;
    const fresh = page.works.filter((work) => !seen.has(work.id));
    for (const work of fresh) {
      seen.add(work.id);
      list.insertBefore(pickerRow(work), loader.sentinel);
    }
    if (!page.hasMore) return 'end';
    return fresh.length > 0 ? 'more' : 'empty_more';
  });
  const pickerRow = (work: PickedWork): HTMLElement => {
    const about = el('div', {}, el('b', {}, work.title), el('small', {}, `${work.published} · 评论 ${work.comments}`));
    const row = el('div', { class: h('picker-item') }, el('img', { src: work.cover, alt: '' }), about);
    row.addEventListener('click', () => {
      sheet.remove();
      onPick(work);
    });
    return row;
  };
  list.append(loader.sentinel);
  const sheet = el(
    'div',
    { class: `${h('side-sheet')} douyin-creator-interactive-sidesheet`, role: 'dialog' },
    el('h3', {}, '选择作品', close),
    list,
  );
  close.addEventListener('click', () => sheet.remove());
  document.body.append(sheet);
}
