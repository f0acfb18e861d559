/**
 * Everything this adapter relies on in the platform's pages, in one place: paths, selectors, placeholders, words. When the
 * platform changes, this file does. Nothing here has been checked against the live site (docs/platforms/douyin.md).
 */

/** The two origins; the simulator has others. */
export type DouyinBases = { readonly creator: string; readonly www: string };
export const DOUYIN_BASES: DouyinBases = { creator: 'https://creator.douyin.com', www: 'https://www.douyin.com' };

export const PAGES = {
  creatorRoot: '/',
  creatorHome: '/creator-micro/home',
  /** A URL below this on the creator origin is the simplest sign of a login. */
  loggedInPrefix: '/creator-micro/',
  works: '/creator-micro/content/manage',
  comments: '/creator-micro/interactive/comment',
  chats: '/creator-micro/data/following/chat',
  wwwHome: '/',
} as const;

/** The comment page, opened on one work. */
export const commentPageOf = (workId: string): string =>
  `${PAGES.comments}?item_id=${encodeURIComponent(workId)}&enter_from=content_manage_v2`;

export type RouteName =
  | 'account'
  | 'works'
  | 'itemList'
  | 'commentsV1'
  | 'repliesV1'
  | 'comments'
  | 'replies'
  | 'wwwComments'
  | 'wwwReplies'
  | 'userDetail'
  | 'notices'
  | 'write';
export type Route = {
  readonly name: RouteName;
  readonly origin: keyof DouyinBases;
  readonly method: string;
  readonly path: string;
};

const COMMENT_READ = '/web/api/third_party/aweme/api/comment/read/aweme/v1/web/comment/list';

/** Read answers, by method, origin and exact path; a trailing slash makes no difference (the site redirects). */
export const READ_ROUTES: readonly Route[] = [
  { name: 'account', origin: 'creator', method: 'GET', path: '/web/api/media/user/info' },
  { name: 'works', origin: 'creator', method: 'GET', path: '/janus/douyin/creator/pc/work_list' },
  { name: 'works', origin: 'creator', method: 'GET', path: '/web/api/creator/item/list' },
  { name: 'itemList', origin: 'creator', method: 'GET', path: '/aweme/v1/creator/item/list' },
  { name: 'commentsV1', origin: 'creator', method: 'GET', path: '/aweme/v1/creator/comment/list' },
  { name: 'repliesV1', origin: 'creator', method: 'GET', path: '/aweme/v1/creator/comment/reply/list' },
  { name: 'comments', origin: 'creator', method: 'GET', path: `${COMMENT_READ}/select` },
  { name: 'replies', origin: 'creator', method: 'GET', path: `${COMMENT_READ}/reply` },
  { name: 'wwwComments', origin: 'www', method: 'GET', path: '/aweme/v1/web/comment/list' },
  { name: 'wwwReplies', origin: 'www', method: 'GET', path: '/aweme/v1/web/comment/list/reply' },
  { name: 'userDetail', origin: 'creator', method: 'POST', path: '/aweme/v1/creator/im/user_detail' },
  { name: 'userDetail', origin: 'creator', method: 'GET', path: '/aweme/v1/creator/im/user_detail' },
  { name: 'notices', origin: 'www', method: 'GET', path: '/aweme/v1/web/notice' },
  { name: 'notices', origin: 'www', method: 'GET', path: '/aweme/v1/web/notice/detail' },
];

/** Comment writes. Which of them today's page uses is not confirmed, so any of these counts. */
export const WRITE_PATHS = /\/comment\/(reply|publish)$/;
export const NOT_WRITE_PATHS = /\/reply\/list$|\/list\/reply$/;

export const SELECTORS = {
  imEntry: '[data-e2e="im-entry"]',
  toastBox: '#pushListBoxId',
  headerAvatar: '#header-avatar',
  qrImage: '#animate_qrcode_container img',
  loginPanel: '#login-panel-new',
  smsInput: 'input[placeholder*="验证码"]',
  loginMask: '.login-mask, .login-guide-container',
  commentRow: '[class*="comment-item"]',
  commentName: '[class*="comment-name"]',
  commentText: '[class*="comment-text"]',
  replyList: '[class*="reply-list"]',
  replyInput: '[contenteditable="true"]',
  sendButton: 'button[class*="douyin-creator-interactive-button"]',
  chatRows: '.ReactVirtualized__Grid__innerScrollContainer',
  chatScroller: '.ReactVirtualized__Grid',
  bubbleBox: '[class*="box-content"]',
  chatHeaderName: '[class*="box-header-name"]',
  chatInput: '[class*="chat-input"][contenteditable="true"], [class*="chat-editor"] [contenteditable="true"]',
  alert: '[role="alert"]',
  failedBubble: '[class*="message-error"], [data-state="failed"]',
} as const;

export const WORDS = {
  reply: '回复',
  send: '发送',
  collapse: '收起',
  /** 查看3条回复 */
  showReplies: /^查看\d+条回复$/,
  moreReplies: '展开更多回复',
  listEnd: '没有更多',
  qrScanned: /扫码成功|需在手机上进行确认/,
  qrExpired: /二维码失效|点击刷新/,
  qrRefresh: '点击刷新',
  humanCheck: /身份验证|安全验证|环境异常/,
  challengeTitle: '验证码中间页',
  sendFailed: /无法|失败|限制|敏感/,
} as const;

/** The box under a comment says whom it answers; any other box posts somewhere else. */
export const replyPlaceholder = (name: string): string => `回复 ${name}：`;
/** The box on top of the comment page, which posts on the work. */
export const TOP_BOX_PLACEHOLDER = '有爱评论，说点好听的~';

/** React's own keys on DOM nodes, with a suffix that changes with every page load. */
export const FIBER_KEY_PREFIX = '__reactFiber$';
/** Fibers walked upwards before giving up. */
export const FIBER_WALK_LIMIT_COUNT = 60;
