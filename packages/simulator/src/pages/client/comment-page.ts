import { h } from './boot.ts';
import { get } from './call.ts';
import { commentRow, sendComment } from './comment-row.ts';
import { el, root } from './dom.ts';
import { connectPush } from './push.ts';
import { replyBox } from './reply-box.ts';
import { type LoadOutcome, ScrollLoader } from './scroll-loader.ts';
import { openPicker, pickerPage } from './work-picker.ts';

const SELECT = '/web/api/third_party/aweme/api/comment/read/aweme/v1/web/comment/list/select/';
const ROWS_PER_PAGE = '10';

let workId = '';
let cursor = '0';
let filter: '0' | 'not_replied' = '0';
let generation = 0;
const seen = new Set<string>();

const cover = el('img', { alt: '', class: h('work-cover') });
const title = el('h3', {});
const pick = el('button', { type: 'button', class: 'douyin-creator-interactive-button' }, '选择作品');
const total = el('span', {}, '');
const list = el('div', { class: h('comment-list') });
const filters = (['0', 'not_replied'] as const).map((value, index) => {
  const button = el(
    'button',
    { type: 'button', role: 'tab', 'aria-selected': String(index === 0) },
    index === 0 ? '全部评论' : '未回复',
  );
  button.addEventListener('click', () => {
    filter = value;
    for (const other of filters) other.setAttribute('aria-selected', String(other === button));
    restart();
  });
  return button;
});

async function load(): Promise<LoadOutcome> {
  const mine = generation;
  if (workId === '') return 'failed';
  const params = { aweme_id: workId, cursor, count: ROWS_PER_PAGE, comment_select_options: filter, sort_options: '0' };
  const result = await get(SELECT, params);
  if (mine !== generation) return 'more';
  if (!result.ok || result.body.status_code !== 0 || result.body.verify_ticket) return 'failed';
  const rows = result.body.comments ?? [];
  let added = 0;
  for (const comment of rows) {
    if (seen.has(String(comment.cid)) || comment.status !== 1) continue;
    seen.add(String(comment.cid));
    list.insertBefore(commentRow(workId, comment), loader.sentinel);
    added += 1;
  }
  cursor = String(result.body.cursor);
  total.textContent = `共 ${result.body.total} 条评论`;
  if (!result.body.has_more) return 'end';
  return added > 0 ? 'more' : 'empty_more';
}

const loader = new ScrollLoader(load);

function restart(): void {
  generation += 1;
  cursor = '0';
  seen.clear();
  list.replaceChildren(loader.sentinel);
  loader.restart();
}

function show(work: { id: string; title: string; cover: string }): void {
  workId = work.id;
  title.textContent = work.title;
  cover.setAttribute('src', work.cover);
  restart();
}

const topBox = replyBox('有爱评论，说点好听的~', async (text) => {
  const isTaken = await sendComment(workId, '', text);
  if (isTaken) restart();
  return isTaken;
});

/** Opened by a link with `item_id`, the page shows that work; else the newest. */
async function start(): Promise<void> {
  const linked = new URLSearchParams(location.search).get('item_id');
  if (linked) show({ id: linked, title: '', cover: '' });
  const page = await pickerPage('');
  const work = linked ? page?.works.find((candidate) => candidate.id === linked) : page?.works[0];
  if (!work) {
    if (!linked)
      list.append(el('div', { class: page ? h('empty') : 'login-mask' }, page ? '暂无作品' : '加载失败，请重新登录'));
    return;
  }
  title.textContent = work.title;
  cover.setAttribute('src', work.cover);
  if (!linked) show(work);
}

pick.addEventListener('click', () => openPicker(show));
list.append(loader.sentinel);
root().append(
  el('div', { class: h('work-bar') }, cover, el('div', {}, title, total), pick),
  topBox,
  el('div', { class: h('filter-tabs'), role: 'tablist' }, ...filters),
  list,
);
void start();
connectPush(
  () => undefined,
  () => undefined,
);
