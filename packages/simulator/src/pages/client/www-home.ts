import { boot, h } from './boot.ts';
import { get, post } from './call.ts';
import { el, root, timeText } from './dom.ts';
import { attachFiber } from './fiber.ts';
import { fillStore, imStore, noticeStore, putConversation, putMessage, withContext } from './im-store.ts';
import { connectPush, flags, type PushFrame } from './push.ts';

/** Life of a toast, and so of what was pushed. */
const TOAST_MS = 800;
const PREVIEW_ROWS = 20;

const entry = el('div', { 'data-e2e': 'im-entry', class: h('im-entry') }, '私信');
const bell = el('div', { 'data-e2e': 'notice-entry', class: h('im-entry') }, '通知');
const panel = el('div', { 'data-e2e': 'listDlg-container', id: 'IMpushListBoxId', class: h('im-panel'), hidden: true });
const toasts = el('div', { id: 'pushListBoxId', class: h('push-toasts') });

/** Fault `store_rename`: a top-level store under another name, or one of its fields. */
function hookStores(): void {
  const { renamedField } = flags;
  const aliased = { ...imStore, [`${renamedField}V2`]: Reflect.get(imStore, renamedField), [renamedField]: undefined };
  const im =
    renamedField === 'imStore' ? { imStoreV2: imStore } : renamedField in imStore ? { imStore: aliased } : { imStore };
  const notices = renamedField === 'noticeStore' ? { noticeStoreV2: noticeStore } : { noticeStore };
  attachFiber(entry, [im, notices], 3, 12);
}

function renderPanel(): void {
  const rows = imStore.converSationListOrigin.slice(0, PREVIEW_ROWS).map((conversation) => {
    const user = imStore.userInfoFromServerMap[conversation.toParticipantUserId];
    const name = el('b', {}, user?.nickname ?? '');
    const time = el('small', {}, timeText(Date.parse(conversation.updatedAt)));
    const badge = conversation._badgeCount > 0 ? el('i', {}, String(conversation._badgeCount)) : undefined;
    const row = el(
      'div',
      { 'data-e2e': 'conversation-item', class: h('im-row') },
      el('img', { src: user?.avatar_thumb.url_list[0] ?? '', alt: '' }),
      name,
      time,
      badge,
    );
    row.addEventListener('click', (event) => event.isTrusted && void openConversation(conversation.id));
    return row;
  });
  panel.replaceChildren(...rows);
}

async function openConversation(id: string): Promise<void> {
  imStore.enterConversation = 'chat_panel';
  imStore.curConversation = imStore.conversationMap[id];
  await post('/__sim_page/im/open', { conversationId: id });
  const result = await get('/__sim_page/im/messages', { conversation: id });
  if (result.ok && imStore.curConversation?.id === id) imStore.messageList = result.body.messages.map(withContext);
}

/** Only a real pointer opens the panel: a made-up event leaves it empty, as on the site. */
entry.addEventListener('mouseenter', (event) => {
  if (!event.isTrusted) return;
  Object.assign(imStore, { enterConversation: 'hover_icon', showDlg: true });
  panel.hidden = false;
  renderPanel();
});
addEventListener('click', (event) => {
  if (event.target instanceof Node && (panel.contains(event.target) || entry.contains(event.target))) return;
  Object.assign(imStore, { showDlg: false, enterConversation: '' });
  panel.hidden = true;
});

function showToast(text: string, forget: () => void): void {
  const node = el('div', { class: h('push-toast') }, text);
  toasts.append(node);
  setTimeout(() => {
    node.remove();
    forget();
  }, TOAST_MS);
}

function onMessage(frame: PushFrame): void {
  const isNew = frame.kind === 'message';
  putConversation(frame.conversation, frame.user, isNew);
  putMessage(frame.conversation.id, frame.listed);
  if (isNew && frame.isInbound) {
    const pushed = withContext(frame.message);
    imStore.msgListToPush = [...imStore.msgListToPush, pushed];
    showToast(`${frame.user.nickname} 发来一条私信`, () => {
      imStore.msgListToPush = imStore.msgListToPush.filter((other) => other !== pushed);
    });
  }
}

function onNotice(frame: PushFrame): void {
  const { notice, unreadKey } = frame;
  noticeStore.noticePushList = [...noticeStore.noticePushList, notice];
  noticeStore.noticeUnreadCountMap[unreadKey] = (noticeStore.noticeUnreadCountMap[unreadKey] ?? 0) + 1;
  showToast('你有一条新通知', () => {
    noticeStore.noticePushList = noticeStore.noticePushList.filter((other) => other !== notice);
  });
}

let waiting: PushFrame[] | undefined = [];

function onFrame(frame: PushFrame): void {
  if (waiting) {
    waiting.push(frame);
    return;
  }
  if (frame.kind === 'message' || frame.kind === 'message_changed') onMessage(frame);
  if (frame.kind === 'notice') onNotice(frame);
  if (frame.kind === 'conversation_read') putConversation(frame.conversation, undefined, false);
  if (!panel.hidden) renderPanel();
  hookStores();
}

/** Frames that arrive while the store is read wait, so that the older answer cannot hide them. */
async function refill(): Promise<void> {
  waiting ??= [];
  const result = await get('/__sim_page/im/store');
  if (result.ok && result.body.selfUid) fillStore(result.body);
  hookStores();
  const held = waiting;
  waiting = undefined;
  for (const frame of held) onFrame(frame);
}

function loginPopup(): HTMLElement {
  return el(
    'div',
    { id: 'login-panel-new', class: h('login-panel') },
    el('h3', {}, '登录后免费畅享高清视频'),
    el('a', { href: boot.creatorBase, class: 'login-guide-container' }, '扫码登录'),
  );
}

const bar = el(
  'header',
  { class: h('site-header') },
  el('b', {}, '抖音'),
  el('span', { class: h('sim-badge') }, '模拟站点'),
  el('span', { class: h('spacer') }),
  bell,
  entry,
);
root().append(bar, panel, toasts, el('div', { class: h('www-hero') }, '精选'));
if (boot.account) {
  bar.append(el('img', { id: 'header-avatar', src: boot.account.avatar, alt: '' }));
  hookStores();
  connectPush(() => void refill(), onFrame);
} else {
  root().append(loginPopup());
}
