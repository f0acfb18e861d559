import { boot, h } from './boot.ts';
import { get, post } from './call.ts';
import { el, timeText, toast } from './dom.ts';
import { replyBox } from './reply-box.ts';

const READ = '/web/api/third_party/aweme/api/comment/read/aweme/v1/web/comment/list';
const REPLIES_PER_PAGE = '10';

// biome-ignore lint/suspicious/noExplicitAny: comments come in the platform's shape
type RawComment = any;
type OpenBox = { node: HTMLElement; row: HTMLElement };
let openBox: OpenBox | undefined;

/** Sends a text to the work or under a comment; says by a toast what became of it. */
export async function sendComment(workId: string, cid: string, text: string): Promise<boolean> {
  const result =
    boot.variant.write === 'publish'
      ? await post('/aweme/v1/web/comment/publish/', { aweme_id: workId, reply_id: cid, text, text_extra: '[]' })
      : await post('/aweme/v1/creator/comment/reply/', { comment_Id: cid, item_id: workId, text });
  const isTaken = result.ok && result.body.status_code === 0 && (result.body.comment_info || result.body.comment);
  if (isTaken) toast('回复成功');
  else toast(result.ok ? result.body.status_msg || '发送失败' : '网络异常，请稍后重试', 'error');
  return Boolean(isTaken);
}

function closeBox(): void {
  openBox?.node.remove();
  openBox = undefined;
}

function seconds(value: unknown): number {
  const number = Number(value);
  if (Number.isNaN(number)) return Date.parse(String(value));
  return number > 1e14 ? number / 1000 : number * 1000;
}

/** A row of the comment list, with its replies and its reply box. */
export function commentRow(workId: string, comment: RawComment): HTMLElement {
  const { user } = comment;
  const replies = el('div', { class: h('reply-list') });
  const answer = el('span', { role: 'button', class: h('comment-action') }, '回复');
  const like = el('span', { role: 'button', class: h('comment-action') }, `赞 ${comment.digg_count || ''}`);
  const actions = el(
    'div',
    { class: h('comment-actions') },
    el('span', {}, timeText(seconds(comment.create_time))),
    el('span', {}, comment.ip_label ?? ''),
    like,
    answer,
  );
  const name = el(
    'div',
    { class: h('comment-name') },
    user.nickname,
    comment.label_text ? el('i', {}, comment.label_text) : undefined,
  );
  if (comment.reply_to_username) name.append(` 回复 ${comment.reply_to_username}`);
  const images = (comment.image_list ?? []).map((image: RawComment) =>
    el('img', { src: image.url_list[0], class: h('comment-image'), alt: '' }),
  );
  const text = el('div', { class: h('comment-text') }, comment.text);
  const body = el('div', { class: h('comment-body') }, name, text, ...images, actions);
  const row = el(
    'div',
    { class: h('comment-item') },
    el('img', { src: user.avatar_thumb.url_list[0], alt: '', class: h('comment-avatar') }),
    body,
  );
  like.addEventListener('click', async () => {
    const result = await post('/aweme/v1/creator/comment/digg/', { comment_id: comment.cid, item_id: workId });
    if (result.ok && result.body.status_code === 0) toast('已点赞');
  });
  answer.addEventListener('click', () => toggleBox(workId, comment, row, body));
  if (comment.level === 1) body.append(replies, ...expander(workId, comment, replies));
  return row;
}

/** One box at a time: opening another closes the first; the same button closes it again. */
function toggleBox(workId: string, comment: RawComment, row: HTMLElement, body: HTMLElement): void {
  const wasOpen = openBox?.row === row;
  closeBox();
  if (wasOpen) return;
  const node = replyBox(`回复 ${comment.user.nickname}：`, async (text) => {
    const isTaken = await sendComment(workId, String(comment.cid), text);
    if (isTaken) {
      closeBox();
      dispatchEvent(
        new CustomEvent('sim-replied', { detail: String(comment.level === 1 ? comment.cid : comment.reply_id) }),
      );
    }
    return isTaken;
  });
  body.insertBefore(node, body.querySelector(`.${h('reply-list')}`));
  openBox = { node, row };
  const input = node.querySelector('[contenteditable]');
  if (input instanceof HTMLElement) input.focus();
}

/** 查看N条回复 / 收起, and the loading of the replies behind it. */
function expander(workId: string, comment: RawComment, list: HTMLElement): HTMLElement[] {
  let total = Number(comment.reply_comment_total);
  let cursor = '0';
  let isOpen = false;
  const seen = new Set<string>();
  const toggle = el('div', { role: 'button', class: h('load-more') });
  const more = el('div', { role: 'button', class: h('load-more'), hidden: true }, '展开更多回复');
  const label = (): void => {
    toggle.hidden = total === 0;
    toggle.textContent = total === 0 ? '' : isOpen ? '收起' : `查看${total}条回复`;
  };
  const load = async (): Promise<void> => {
    const result = await get(`${READ}/reply/`, {
      item_id: workId,
      comment_id: String(comment.cid),
      cursor,
      count: REPLIES_PER_PAGE,
      item_type: '0',
    });
    if (!result.ok || result.body.status_code !== 0) return;
    for (const reply of result.body.comments ?? []) {
      if (seen.has(String(reply.cid))) continue;
      seen.add(String(reply.cid));
      list.append(commentRow(workId, reply));
    }
    cursor = String(result.body.cursor);
    more.hidden = !result.body.has_more;
  };
  const set = async (open: boolean): Promise<void> => {
    isOpen = open;
    list.replaceChildren();
    seen.clear();
    cursor = '0';
    more.hidden = true;
    label();
    if (open) await load();
  };
  toggle.addEventListener('click', () => void set(!isOpen));
  more.addEventListener('click', () => void load());
  addEventListener('sim-replied', (event) => {
    if (!(event instanceof CustomEvent) || event.detail !== String(comment.cid)) return;
    total += 1;
    void set(true);
  });
  label();
  return [toggle, more];
}
