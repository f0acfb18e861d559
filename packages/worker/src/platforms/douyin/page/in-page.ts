/**
 * Code that runs inside the platform's pages. Every function here is sent as text, so it uses nothing but its parameters,
 * the page, and the other functions of this file. It copies named primitive fields only: store objects are cyclic and hold
 * tokens, so none is ever serialised whole.
 */

export type PageConfig = {
  readonly entrySelector: string;
  readonly toastSelector: string;
  readonly fiberPrefix: string;
  readonly walkLimit: number;
  readonly binding: string;
  readonly pollMs: number;
};
type Loose = Record<string, unknown>;

/** The props above a node that `isWanted` accepts, walking up its fibers. */
function propsAbove(
  node: Element | null,
  config: { fiberPrefix: string; walkLimit: number },
  isWanted: (props: Loose) => boolean,
): Loose | null {
  if (!node) return null;
  const key = Object.keys(node).find((name) => name.startsWith(config.fiberPrefix));
  let fiber = key ? ((node as unknown as Loose)[key] as Loose | null) : null;
  for (let step = 0; fiber && step < config.walkLimit; step += 1) {
    const props = fiber.memoizedProps as Loose | null;
    if (props && typeof props === 'object' && isWanted(props)) return props;
    fiber = fiber.return as Loose | null;
  }
  return null;
}

/** The named fields of an object, primitives only; dates as ISO text, 64-bit halves as they are. */
function pick(source: unknown, names: readonly string[]): Loose {
  const copy: Loose = {};
  if (typeof source !== 'object' || source === null) return copy;
  for (const name of names) {
    const value = (source as Loose)[name];
    if (value instanceof Date) copy[name] = Number.isNaN(value.getTime()) ? undefined : value.toISOString();
    else if (['string', 'number', 'boolean'].includes(typeof value)) copy[name] = value;
    else if (value && typeof value === 'object' && typeof (value as Loose).low === 'number')
      copy[name] = { low: (value as Loose).low, high: (value as Loose).high };
  }
  return copy;
}

/** A message without its context object, which holds a token. */
function copyMessage(message: unknown): Loose | null {
  if (typeof message !== 'object' || message === null) return null;
  const source = message as Loose;
  const copy = pick(source, [
    'serverId',
    'clientId',
    'type',
    'sender',
    'secSender',
    'conversationId',
    'conversationShortId',
    'createdAt',
    'serverStatus',
    'indexInConversation',
    'indexInConversationV2',
    'isFromMe',
    'nickname',
    'avatar',
  ]);
  if (typeof source.sender === 'object' && source.sender !== null && typeof (source.sender as Loose).low !== 'number') {
    const sender = source.sender as Loose;
    const thumb = (sender.avatarThumb ?? sender.avatar_thumb) as Loose | undefined;
    const list = (thumb?.urlList ?? thumb?.url_list) as unknown[] | undefined;
    copy.sender = {
      ...pick(sender, ['uid', 'secUid', 'sec_uid', 'nickName', 'nickname']),
      avatar_thumb: { url_list: (list ?? []).slice(0, 1) },
    };
  }
  // Content is JSON text in the store and plain data in props; neither refers to the store.
  copy.content = typeof source.content === 'string' ? source.content : JSON.stringify(source.content ?? null);
  copy.ext = pick(source.ext, ['s:server_message_create_time', 's:client_message_id', 's:is_recalled']);
  return copy;
}

function copyConversation(conversation: unknown): Loose {
  const source = conversation as Loose;
  const copy = pick(source, [
    'id',
    'shortId',
    'conversationShortId',
    'type',
    'participantCount',
    'toParticipantUserId',
    '_badgeCount',
    'isStranger',
    'updatedAt',
  ]);
  const first = source.firstPageParticipant as Loose | unknown[] | undefined;
  const people = Array.isArray(first) ? first : ((first?.participants as unknown[] | undefined) ?? []);
  copy.firstPageParticipant = {
    participants: people.slice(0, 10).map((person) => pick(person, ['user_id', 'sec_uid', 'nick_name'])),
  };
  copy.coreInfo = pick(source.coreInfo, ['name', 'icon', 'owner']);
  copy.lastMessage = copyMessage(source.lastMessage);
  return copy;
}

/** Profiles of the given users, names and pictures only. */
function copyProfiles(map: unknown, ids: readonly string[]): Loose {
  const profiles: Loose = {};
  if (typeof map !== 'object' || map === null) return profiles;
  for (const id of ids) {
    const source = (map as Loose)[id] as Loose | undefined;
    if (!source) continue;
    const thumb = source.avatar_thumb as Loose | undefined;
    const urls = Array.isArray(thumb?.url_list) ? thumb.url_list.slice(0, 1) : [];
    profiles[id] = { ...pick(source, ['uid', 'sec_uid', 'nickname']), avatar_thumb: { url_list: urls } };
  }
  return profiles;
}

/** A notice is plain data from an answer; a depth limit keeps a surprise from becoming a cycle. */
function copyPlain(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value;
  if (depth === 0) return undefined;
  if (Array.isArray(value)) return value.slice(0, 50).map((entry) => copyPlain(entry, depth - 1));
  const copy: Loose = {};
  for (const [key, entry] of Object.entries(value)) {
    if (!key.startsWith('__') && !/token|ticket|secret/i.test(key)) copy[key] = copyPlain(entry, depth - 1);
  }
  return copy;
}

function findStores(config: PageConfig): { im: Loose | null; notice: Loose | null } {
  const node = document.querySelector(config.entrySelector);
  const im = propsAbove(node, config, (props) => Boolean(props.imStore));
  const notice = propsAbove(node, config, (props) => Boolean(props.noticeStore));
  return { im: (im?.imStore as Loose | undefined) ?? null, notice: (notice?.noticeStore as Loose | undefined) ?? null };
}

/** The whole conversation list with last messages; null where the store or its list is not to be found. */
export function readStore(config: PageConfig): Loose | null {
  const { im } = findStores(config);
  const list = im?.converSationListOrigin;
  if (!im || !Array.isArray(list)) return null;
  const conversations = list.map(copyConversation);
  const ids = conversations.map((conversation) => String(conversation.toParticipantUserId ?? ''));
  return { conversations, profiles: copyProfiles(im.userInfoFromServerMap, ids) };
}

/**
 * Watches the stores and hands over what is new in them: pushed messages and notices, and conversations whose last message
 * is another or changed. The toast box tells at once, a short poll catches the rest.
 */
export function watchState(config: PageConfig): void {
  if (window !== window.top) return;
  const seen = new Set<string>();
  const last = new Map<string, string>();
  const remember = (key: string): boolean => {
    if (seen.has(key)) return false;
    seen.add(key);
    if (seen.size > 2_000)
      for (const old of seen) {
        seen.delete(old);
        if (seen.size <= 1_000) break;
      }
    return true;
  };
  let objects = new WeakMap<object, string>();
  // The same last message in another object: something older in the conversation changed.
  let touched: string[] = [];
  const changedConversations = (im: Loose): unknown[] => {
    const list = Array.isArray(im.converSationListOrigin) ? (im.converSationListOrigin as Loose[]) : [];
    touched = [];
    return list.filter((conversation) => {
      const message = conversation.lastMessage as Loose | undefined;
      const recalled = (message?.ext as Loose | undefined)?.['s:is_recalled'] ?? '';
      const mark = [message?.serverId, message?.serverStatus, recalled, conversation._badgeCount].join('|');
      const id = String(conversation.id);
      const isSame = last.get(id) === mark;
      if (isSame && objects.get(conversation) !== mark) touched.push(id);
      last.set(id, mark);
      objects.set(conversation, mark);
      return !isSame;
    });
  };
  let isFirst = true;
  const look = (): void => {
    const { im, notice } = findStores(config);
    if (!im && !notice) return;
    const pushed = Array.isArray(im?.msgListToPush) ? (im.msgListToPush as Loose[]) : [];
    const notices = Array.isArray(notice?.noticePushList) ? (notice.noticePushList as Loose[]) : [];
    const messages = pushed.filter((message) =>
      remember(`m${String(message.serverId)}|${String(message.serverStatus)}`),
    );
    const fresh = notices.filter((entry) => remember(`n${String(entry.nid_str ?? entry.nid)}`));
    const changed = im ? changedConversations(im) : [];
    // What stands in the list at first is read by the sync that follows.
    const conversations = isFirst ? [] : changed;
    isFirst = isFirst && changed.length === 0;
    // A page that makes all its objects anew tells nothing by that.
    const single = touched.length <= 3 ? touched : [];
    if (messages.length + fresh.length + conversations.length + single.length === 0) return;
    const copies = conversations.map(copyConversation);
    const ids = copies.map((copy) => String(copy.toParticipantUserId ?? ''));
    const report = (window as unknown as Record<string, (batch: unknown) => void>)[config.binding];
    report?.({
      messages: messages.map(copyMessage),
      notices: fresh.map((entry) => copyPlain(entry, 8)),
      conversations: copies,
      profiles: copyProfiles(im?.userInfoFromServerMap, ids),
      touched: single,
    });
  };
  const start = (): void => {
    objects = new WeakMap();
    setInterval(look, config.pollMs);
    // The toast box may come later than this script; its parent always is there.
    new MutationObserver((records) => {
      const isToast = records.some(
        (record) => record.target instanceof Element && record.target.closest(config.toastSelector),
      );
      if (isToast) look();
    }).observe(document.documentElement, { childList: true, subtree: true });
  };
  if (document.documentElement) start();
  else document.addEventListener('readystatechange', start, { once: true });
}

/** The rows that the virtual list has mounted, in order. */
export function readChatRows(config: { rowsSelector: string; fiberPrefix: string; walkLimit: number }): Loose[] {
  const box = document.querySelector(config.rowsSelector);
  return [...(box?.children ?? [])].map((node, index) => {
    const props = propsAbove(node, config, (candidate) => typeof candidate.id === 'string' && 'shortId' in candidate);
    return {
      index,
      ...pick(props, ['id', 'shortId', 'secUid', 'createdTime', 'isGroupChat']),
      coreInfo: pick(props?.coreInfo, ['name']),
      content: pick(props?.content, ['text', 'tips', 'messageType', 'aweType']),
    };
  });
}

/** The bubbles of the open conversation, oldest first, with the name above them. */
export function readBubbles(config: {
  boxSelector: string;
  headerSelector: string;
  fiberPrefix: string;
  walkLimit: number;
}): Loose {
  const box = document.querySelector(config.boxSelector);
  const bubbles = [...(box?.children ?? [])].map((node) => {
    const props = propsAbove(
      node,
      config,
      (candidate) => typeof candidate.conversationId === 'string' && 'content' in candidate,
    );
    return {
      ...copyMessage(props),
      isFailed: node.matches('[data-state="failed"]') || node.querySelector('[class*="message-error"]') !== null,
    };
  });
  return { headerName: document.querySelector(config.headerSelector)?.textContent ?? '', bubbles };
}

/**
 * The comment rows on the page: name, text, and which first-level row each hangs under (-1 = first level). `index` counts
 * all rows in document order, as a locator for the same selector does.
 */
export function readCommentRows(config: { row: string; name: string; text: string }): Loose[] {
  const rows = [...document.querySelectorAll(config.row)];
  return rows.map((row, index) => {
    const parent = row.parentElement?.closest(config.row) ?? null;
    const name = row.querySelector(config.name);
    const firstText = [...(name?.childNodes ?? [])].find(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
    );
    return {
      index,
      parent: parent ? rows.indexOf(parent) : -1,
      name: firstText?.textContent?.trim() ?? '',
      text: row.querySelector(config.text)?.textContent ?? '',
    };
  });
}

/** The functions that others of this file call, as text to send along. */
const HELPERS = [propsAbove, pick, copyMessage, copyConversation, copyProfiles, copyPlain, findStores];

/** A program for the page: `run` with its argument, and all that it calls. */
export function inPage<A>(run: (argument: A) => unknown, argument: A): string {
  return `(() => {\n${HELPERS.map((helper) => helper.toString()).join('\n')}\n${run.toString()}\nreturn ${run.name}(${JSON.stringify(argument)});\n})()`;
}
