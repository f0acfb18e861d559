import { boot, h } from './boot.ts';
import { get } from './call.ts';
import { el, root } from './dom.ts';
import { type LoadOutcome, ScrollLoader } from './scroll-loader.ts';

type Row = { id: string; title: string; cover: string; comments: string; plays: string; likes: string; note: string };

const list = el('div', { class: h('work-rows') });
let cursor = '0';
const seen = new Set<string>();

// biome-ignore lint/suspicious/noExplicitAny: rows come in the platform's shape
function fromAweme(aweme: any): Row {
  const notes = [aweme.status.is_private ? '私密' : '', aweme.status.in_reviewing ? '审核中' : ''];
  return {
    id: String(aweme.aweme_id),
    title: aweme.item_title || aweme.desc || '无标题',
    cover: aweme.Cover.url_list[0],
    comments: String(aweme.statistics.comment_count),
    plays: String(aweme.statistics.play_count),
    likes: String(aweme.statistics.digg_count),
    note: notes.filter(Boolean).join(' ') || '已发布',
  };
}

// biome-ignore lint/suspicious/noExplicitAny: rows come in the platform's shape
function fromItem(item: any): Row {
  const { metrics } = item;
  return {
    id: String(item.id),
    title: item.item_title || item.description,
    cover: item.cover.url_list[0],
    comments: metrics.comment_count,
    plays: metrics.view_count,
    likes: metrics.like_count,
    note: '已发布',
  };
}

function rowNode(row: Row): HTMLElement {
  const link = `/creator-micro/interactive/comment?item_id=${row.id}&enter_from=content_manage_v2`;
  const counts = el(
    'div',
    { class: h('work-counts') },
    `播放 ${row.plays} · 点赞 ${row.likes} · `,
    el('a', { href: link }, `评论 ${row.comments}`),
  );
  return el(
    'div',
    { class: h('work-row') },
    el('img', { src: row.cover, alt: '', loading: 'lazy' }),
    el('div', {}, el('h3', {}, row.title), counts, el('small', {}, row.note)),
  );
}

async function load(): Promise<LoadOutcome> {
  const isItems = boot.variant.works === 'item_list';
  const path = isItems ? '/web/api/creator/item/list' : '/janus/douyin/creator/pc/work_list';
  const result = await get(path, { status: '0', count: '12', max_cursor: cursor, scene: 'star_atlas' });
  if (!result.ok || result.body.status_code !== 0 || result.body.verify_ticket) return 'failed';
  const rows: Row[] = isItems ? result.body.items.map(fromItem) : result.body.aweme_list.map(fromAweme);
  const fresh = rows.filter((row) => !seen.has(row.id));
  for (const row of fresh) {
    seen.add(row.id);
    list.append(rowNode(row));
  }
  cursor = String(result.body.max_cursor);
  if (!result.body.has_more) return 'end';
  return fresh.length > 0 ? 'more' : 'empty_more';
}

const loader = new ScrollLoader(load);
root().append(el('h2', {}, '作品管理'), list, loader.sentinel);
