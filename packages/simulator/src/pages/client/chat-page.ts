import { boot, h } from './boot.ts';
import { get, post } from './call.ts';
import { type BubbleProps, type BubbleState, bubbleNode } from './chat-bubbles.ts';
import { type ChatEntry, ChatList } from './chat-list.ts';
import { el, root, toast } from './dom.ts';
import { connectPush, flags, type PushFrame } from './push.ts';

/** Profiles are asked for in batches of about this many, as the real page does. */
const PROFILE_BATCH = 14;
const TABS = ['全部', '朋友私信', '陌生人', '群消息'] as const;

type Profile = { name: string; avatar: string };
type Held = { props: BubbleProps; state: BubbleState };

const profiles = new Map<string, Profile>();
let entries: ChatEntry[] = [];
let tab: (typeof TABS)[number] = '全部';
let selected = '';
let shown = '';
let opening = 0;
let selfUid = '';
let bubbles: Held[] = [];
let firstIndex = 0;
let hasOlder = false;

const list = new ChatList((id) => void open(id));
const headerName = el('div', { class: h('box-header-name') });
const content = el('div', { class: h('box-content') });
const input = el('div', { contenteditable: 'true', class: h('chat-input'), placeholder: '发送消息' });
const button = el('button', { type: 'button', class: h('chat-btn'), disabled: true }, '发送');
const editor = el('div', { class: h('chat-editor') }, input, button);
const box = el(
  'div',
  { class: h('chat-box'), hidden: true },
  el('div', { class: h('box-header') }, headerName),
  content,
  editor,
);

function entryOf(id: string): ChatEntry | undefined {
  return entries.find((entry) => entry.row.id === id);
}

function withProfile(entry: ChatEntry): ChatEntry {
  const profile = profiles.get(entry.row.secUid);
  return profile ? { ...entry, ...profile } : entry;
}

function renderList(): void {
  const wanted = entries.filter((entry) => {
    if (tab === '群消息') return entry.row.isGroupChat;
    return tab === '全部' || entry.isStranger === (tab === '陌生人');
  });
  list.set(wanted.map(withProfile), selected);
}

function renderBox(): void {
  const entry = entryOf(shown);
  headerName.textContent = entry ? withProfile(entry).name : '';
  content.replaceChildren(...bubbles.map(({ props, state }) => bubbleNode(props, state)));
  content.scrollTop = content.scrollHeight;
}

async function loadProfiles(): Promise<void> {
  const missing = entries.map((entry) => entry.row.secUid).filter((secUid) => !profiles.has(secUid));
  for (let at = 0; at < missing.length; at += PROFILE_BATCH) {
    const result = await post('/aweme/v1/creator/im/user_detail/', {
      sec_user_ids: missing.slice(at, at + PROFILE_BATCH),
    });
    if (!result.ok || result.body.status_code !== 0) continue;
    for (const { user_id, user } of result.body.user_list)
      profiles.set(user_id, { name: user.nickname, avatar: user.avatar_thumb.url_list[0] });
    renderList();
  }
}

async function loadRows(): Promise<void> {
  const result = await get('/__sim_page/im/rows');
  if (!result.ok || !result.body.rows) return;
  selfUid = result.body.selfUid;
  entries = result.body.rows.map((item: ChatEntry) => ({ ...item, name: '', avatar: '' }));
  renderList();
  await loadProfiles();
  if (shown !== '') await fetchBubbles(shown, opening);
}

/** Reads the newest messages; they are dropped when another row was clicked meanwhile. */
async function fetchBubbles(id: string, turn: number): Promise<void> {
  const result = await get('/__sim_page/im/messages', { conversation: id });
  if (turn !== opening || !result.ok || !result.body.bubbles) return;
  const lag = shown === id ? 0 : flags.headerLagMs;
  setTimeout(() => {
    if (turn !== opening) return;
    shown = id;
    firstIndex = result.body.firstIndex;
    hasOlder = result.body.hasMore;
    bubbles = result.body.bubbles.map((props: BubbleProps) => ({ props, state: 'sent' }));
    box.hidden = false;
    renderBox();
  }, lag);
}

async function open(id: string): Promise<void> {
  opening += 1;
  selected = id;
  const entry = entryOf(id);
  if (entry) entry.unreadCount = 0;
  renderList();
  box.hidden = shown === '';
  void post('/__sim_page/im/open', { conversationId: id });
  await fetchBubbles(id, opening);
}

async function loadOlder(): Promise<void> {
  if (!hasOlder || shown === '') return;
  hasOlder = false;
  const id = shown;
  const result = await get('/__sim_page/im/messages', { conversation: id, before: String(firstIndex) });
  if (id !== shown || !result.ok) return;
  const height = content.scrollHeight;
  firstIndex = result.body.firstIndex;
  hasOlder = result.body.hasMore;
  bubbles = [...result.body.bubbles.map((props: BubbleProps) => ({ props, state: 'sent' })), ...bubbles];
  renderBox();
  content.scrollTop = content.scrollHeight - height;
}

function upsertBubble(props: BubbleProps, state: BubbleState): void {
  const at = bubbles.findIndex(
    (held) => held.props.clientId === props.clientId || held.props.serverId === props.serverId,
  );
  if (at === -1) bubbles.push({ props, state });
  else bubbles[at] = { props, state };
  renderBox();
}

function failText(body: BubbleProps): string {
  if (body.statusCode === 10) return '发送失败：对方不是你的好友，无法发送';
  if (body.statusCode === 18) return '发送失败：对方未回复前消息数量已达限制';
  return body.statusCode === 0 ? '消息包含敏感内容，发送失败' : '发送失败，请重新登录';
}

async function send(): Promise<void> {
  const text = input.innerText.replace(/\n$/, '');
  if (text.trim() === '' || shown === '') return;
  // The text goes to the chat on show, as on the real page, whichever row is highlighted.
  const conversationId = shown;
  const clientId = crypto.randomUUID();
  input.textContent = '';
  button.toggleAttribute('disabled', true);
  const props = {
    serverId: '',
    clientId,
    conversationId,
    sender: selfUid,
    type: 7,
    content: { text, aweType: 700 },
    createdAt: new Date().toISOString(),
    isFromMe: true,
    isOffline: false,
    ext: {},
  };
  upsertBubble(props, 'sending');
  const result = await post('/__sim_page/im/send', { conversationId, clientMessageId: clientId, text });
  const sent = result.ok ? result.body.sendMessageBody : undefined;
  const isTaken = sent && sent.serverMessageId !== '0';
  if (!isTaken) toast(result.ok ? failText(result.body) : '网络异常，发送失败', 'error');
  const held = bubbles.find((candidate) => candidate.props.clientId === clientId);
  if (conversationId !== shown || !held || held.state === 'sent') return;
  upsertBubble({ ...props, serverId: isTaken ? sent.serverMessageId : '' }, isTaken ? 'sent' : 'failed');
}

function onMessage(frame: PushFrame): void {
  const { row, bubble, conversation } = frame;
  const known = entryOf(row.id);
  const entry: ChatEntry = known ?? { row, isStranger: frame.isStranger, unreadCount: 0, name: '', avatar: '' };
  const isOpen = shown === row.id && selected === row.id;
  Object.assign(entry, { row, unreadCount: isOpen ? 0 : conversation._badgeCount });
  entries = frame.kind === 'message' || !known ? [entry, ...entries.filter((other) => other !== known)] : entries;
  renderList();
  if (!known) void loadProfiles();
  if (shown === row.id) upsertBubble(bubble, 'sent');
  if (isOpen && frame.isInbound && frame.kind === 'message')
    void post('/__sim_page/im/open', { conversationId: row.id });
}

input.addEventListener('input', () => button.toggleAttribute('disabled', input.innerText.trim() === ''));
input.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  void send();
});
button.addEventListener('click', () => void send());
content.addEventListener('scroll', () => {
  if (content.scrollTop === 0) void loadOlder();
});
const tabs = TABS.map((label) => {
  const node = el('div', { role: 'tab', class: 'semi-tabs-tab', 'aria-selected': String(label === tab) }, label);
  node.addEventListener('click', () => {
    tab = label;
    for (const other of tabs) other.setAttribute('aria-selected', String(other === node));
    renderList();
  });
  return node;
});
const side = el(
  'div',
  { class: h('chat-side') },
  el('div', { class: h('chat-tabs'), role: 'tablist' }, ...tabs),
  list.node,
);
root().append(el('div', { class: h('chat') }, side, box));
addEventListener('resize', () => list.render());
if (boot.account) {
  connectPush(
    () => void loadRows(),
    (frame) => {
      if (frame.kind === 'message' || frame.kind === 'message_changed') onMessage(frame);
      if (frame.kind === 'conversation_read') {
        const entry = entryOf(frame.conversation.id);
        if (entry) entry.unreadCount = 0;
        renderList();
      }
    },
  );
}
