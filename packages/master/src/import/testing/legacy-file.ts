/** A database file as the existing system writes it, its unit confusions and identity spaces included. For tests only. */
import { DatabaseSync } from 'node:sqlite';

const SCHEMA = `
  CREATE TABLE accounts (
    id TEXT PRIMARY KEY, platform TEXT NOT NULL, account_name TEXT NOT NULL, account_id TEXT NOT NULL, credentials TEXT NOT NULL,
    status TEXT DEFAULT 'active', login_status TEXT DEFAULT 'not_logged_in', worker_status TEXT DEFAULT 'offline',
    monitor_interval INTEGER DEFAULT 30, last_check_time INTEGER, last_login_time INTEGER, cookies_valid_until INTEGER,
    assigned_worker_id TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, user_info TEXT, fingerprint TEXT,
    platform_user_id TEXT, platform_username TEXT, avatar TEXT, signature TEXT, verified BOOLEAN DEFAULT 0,
    total_comments INTEGER DEFAULT 0, total_contents INTEGER DEFAULT 0, total_followers INTEGER DEFAULT 0,
    total_following INTEGER DEFAULT 0, last_crawl_time INTEGER, last_heartbeat_time INTEGER, error_count INTEGER DEFAULT 0,
    last_error_message TEXT, UNIQUE(platform, account_id)
  );
  CREATE TABLE cache_comments (
    id TEXT PRIMARY KEY, account_id TEXT NOT NULL, content_id TEXT, data TEXT NOT NULL, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, persist_at INTEGER NOT NULL, read_at INTEGER, is_read INTEGER DEFAULT 0
  );
  CREATE TABLE cache_messages (
    id TEXT PRIMARY KEY, account_id TEXT NOT NULL, conversation_id TEXT, data TEXT NOT NULL, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, persist_at INTEGER NOT NULL, read_at INTEGER, is_read INTEGER DEFAULT 0
  );
  CREATE TABLE cache_contents (
    id TEXT PRIMARY KEY, account_id TEXT NOT NULL, data TEXT NOT NULL, publish_time INTEGER, updated_at INTEGER NOT NULL,
    persist_at INTEGER NOT NULL
  );
  CREATE TABLE cache_conversations (
    id TEXT PRIMARY KEY, account_id TEXT NOT NULL, user_id TEXT, data TEXT NOT NULL, last_message_time INTEGER,
    updated_at INTEGER NOT NULL, persist_at INTEGER NOT NULL
  );
  CREATE TABLE cache_notifications (
    id TEXT PRIMARY KEY, account_id TEXT NOT NULL, data TEXT NOT NULL, created_at INTEGER, updated_at INTEGER, persist_at INTEGER
  );
  CREATE TABLE replies (
    id TEXT PRIMARY KEY, request_id TEXT UNIQUE, idempotency_key TEXT, platform TEXT, account_id TEXT, target_type TEXT,
    target_id TEXT, platform_target_id TEXT, video_id TEXT, user_id TEXT, reply_content TEXT, reply_status TEXT,
    submitted_count INTEGER, executed_at INTEGER, created_at INTEGER, updated_at INTEGER, error_message TEXT, error_code TEXT,
    platform_reply_id TEXT
  );
  CREATE TABLE proxies (
    id TEXT PRIMARY KEY, name TEXT, server TEXT UNIQUE, protocol TEXT, username TEXT, password TEXT, country TEXT, city TEXT,
    status TEXT, success_rate REAL, last_check_time INTEGER, response_time INTEGER, created_at INTEGER, updated_at INTEGER
  );
  CREATE TABLE worker_configs (
    id TEXT PRIMARY KEY, worker_id TEXT UNIQUE, name TEXT, description TEXT, deployment_type TEXT, host TEXT, port INTEGER,
    max_accounts INTEGER, env_variables TEXT, auto_start INTEGER, auto_restart INTEGER, ssh_password TEXT, enabled INTEGER,
    created_at INTEGER, updated_at INTEGER
  );
  CREATE TABLE login_sessions (id TEXT PRIMARY KEY, account_id TEXT, status TEXT);`;

/** The moment around which everything in the file happened, ms. */
export const THEN = 1_760_000_000_000;
const THEN_S = THEN / 1_000;
export const LEGACY_ACCOUNT = 'acc-11111111-2222-3333-4444-555555555555';
const SELF = '4400001';
const PEER = '5500002';

type Row = Readonly<Record<string, string | number | null>>;

export class LegacyFile {
  readonly #db: DatabaseSync;

  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    this.#db.exec(SCHEMA);
  }

  put(table: string, row: Row): void {
    const names = Object.keys(row);
    const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
    this.#db.prepare(sql).run(...Object.values(row));
  }

  close(): void {
    this.#db.close();
  }
}

const account = (over: Row = {}): Row => ({
  id: LEGACY_ACCOUNT,
  platform: 'douyin',
  account_name: '旗舰店',
  account_id: SELF,
  credentials: JSON.stringify({ cookies: [{ name: 'sessionid', value: 'SECRET-COOKIE' }] }),
  status: 'active',
  created_at: THEN_S,
  updated_at: THEN_S + 10,
  user_info: JSON.stringify({ nickname: '品牌官方', uid: SELF, avatar: 'https://p3.example/a.jpeg' }),
  platform_user_id: SELF,
  platform_username: '品牌官方',
  total_followers: 77,
  total_contents: 9_999,
  last_crawl_time: THEN_S + 5,
  ...over,
});

const comment = (id: string, over: object = {}, columns: Row = {}): Row => ({
  id: `comm_${LEGACY_ACCOUNT}_${id}`,
  account_id: LEGACY_ACCOUNT,
  content_id: 'V1',
  // Seconds, in a column that is documented as milliseconds.
  created_at: THEN_S,
  updated_at: THEN_S,
  persist_at: THEN,
  read_at: null,
  is_read: 0,
  ...columns,
  data: JSON.stringify({
    id: `comm_${LEGACY_ACCOUNT}_${id}`,
    accountId: LEGACY_ACCOUNT,
    commentId: id,
    contentId: 'V1',
    parentCommentId: '0',
    authorId: 'fan-1',
    authorName: '小王',
    content: `评论 ${id} 🎉`,
    isAuthorReply: false,
    createdAt: THEN_S,
    localUpdatedAt: THEN,
    ...over,
  }),
});

const message = (id: string, over: object = {}, columns: Row = {}): Row => ({
  id: `msg_${LEGACY_ACCOUNT}_${id}`,
  account_id: LEGACY_ACCOUNT,
  conversation_id: `0:1:${SELF}:${PEER}`,
  created_at: THEN,
  updated_at: THEN,
  persist_at: THEN,
  read_at: null,
  is_read: 0,
  ...columns,
  data: JSON.stringify({
    id: `msg_${LEGACY_ACCOUNT}_${id}`,
    messageId: id,
    // The page's composite id, while the conversation goes by its peer.
    conversationId: `0:1:${SELF}:${PEER}`,
    senderId: PEER,
    senderName: '客户',
    recipientId: SELF,
    type: 'text',
    content: `消息 ${id}`,
    direction: 'inbound',
    createdAt: THEN + Number(id.slice(1)) * 60_000,
    localUpdatedAt: THEN,
    ...over,
  }),
});

/** One account with a work, a conversation, what was read of them, replies and settings; and rows that nobody can take. */
export function fillLegacyFile(file: LegacyFile): void {
  putAccounts(file);
  putTopics(file);
  putItems(file);
  putReplies(file);
  putSettings(file);
}

function putAccounts(file: LegacyFile): void {
  file.put('accounts', account());
  file.put(
    'accounts',
    account({
      id: 'acc-new',
      account_name: '未登录',
      account_id: 'temp_1760000000000',
      credentials: '{}',
      status: 'paused',
      user_info: null,
      platform_user_id: null,
      platform_username: null,
    }),
  );
  file.put('accounts', account({ id: 'acc-bad', platform: 'Not A Platform', account_id: 'x' }));
}

function putTopics(file: LegacyFile): void {
  file.put('cache_contents', {
    id: `cont_${LEGACY_ACCOUNT}_V1`,
    account_id: LEGACY_ACCOUNT,
    publish_time: THEN - 3_600_000,
    updated_at: THEN,
    persist_at: THEN,
    data: JSON.stringify({
      contentId: 'V1',
      type: 'video',
      title: '新品发布',
      coverUrl: 'https://p3.example/c.jpeg',
      url: 'javascript:alert(1)',
      likeCount: 5,
      publishTime: THEN - 3_600_000,
    }),
  });
  file.put('cache_conversations', {
    id: `conv_${LEGACY_ACCOUNT}_${PEER}`,
    account_id: LEGACY_ACCOUNT,
    user_id: PEER,
    last_message_time: THEN,
    updated_at: THEN,
    persist_at: THEN,
    data: JSON.stringify({ conversationId: PEER, userId: PEER, userName: '客户', type: 'private', unreadCount: 9 }),
  });
}

function putItems(file: LegacyFile): void {
  file.put('cache_comments', comment('K1'));
  file.put('cache_comments', comment('K2', {}, { is_read: 1, read_at: THEN_S + 60 }));
  file.put('cache_comments', comment('K3', { isAuthorReply: true, authorId: SELF, parentCommentId: 'K2' }));
  file.put('cache_comments', comment('K4', { contentId: 'undefined' }, { content_id: 'undefined' }));
  file.put('cache_messages', message('M1', {}, { is_read: 1 }));
  file.put(
    'cache_messages',
    message('M2', { direction: 'outbound', senderId: SELF, recipientId: PEER }, { is_read: 1 }),
  );
  file.put('cache_messages', message('M3'));
  // An id beyond 2^53, written as a number.
  file.put('cache_messages', {
    ...message('M4'),
    id: `msg_${LEGACY_ACCOUNT}_long`,
    data: `{"messageId":7301234567890123456,"conversationId":"${PEER}","senderId":"${PEER}","content":"长号","direction":"inbound","createdAt":${THEN_S + 600}}`,
  });
  file.put('cache_messages', { ...message('M5'), id: 'broken', data: '{not json' });
  file.put('cache_comments', comment('K9', {}, { id: 'comm_gone', account_id: 'acc-gone' }));
  file.put('cache_notifications', { id: 'n1', account_id: LEGACY_ACCOUNT, data: '{}' });
}

function putReplies(file: LegacyFile): void {
  const reply = (id: string, over: Row): void =>
    file.put('replies', {
      id,
      request_id: `req-${id}`,
      platform: 'douyin',
      account_id: LEGACY_ACCOUNT,
      target_type: 'comment',
      target_id: 'K1',
      reply_content: '谢谢',
      created_at: THEN,
      updated_at: THEN + 5,
      ...over,
    });
  reply('reply-1', { reply_status: 'success', executed_at: THEN + 3, platform_reply_id: 'K3' });
  reply('reply-2', { reply_status: 'failed', error_code: 'QUOTA_EXCEEDED', error_message: '频繁' });
  reply('reply-3', { reply_status: 'executing', target_type: 'direct_message', target_id: PEER });
  reply('reply-4', { reply_status: 'success', target_id: 'nowhere' });
}

function putSettings(file: LegacyFile): void {
  file.put('proxies', {
    id: 'p1',
    name: '代理',
    server: 'proxy.example:8080',
    protocol: 'http',
    username: 'u',
    password: 'SECRET-PROXY',
    status: 'active',
    created_at: THEN_S,
    updated_at: THEN_S,
  });
  file.put('worker_configs', {
    id: 'c1',
    worker_id: 'worker-1',
    name: '本机',
    deployment_type: 'local',
    host: '127.0.0.1',
    port: 4001,
    max_accounts: 5,
    env_variables: JSON.stringify({ LOG_LEVEL: 'debug', NODE_OPTIONS: '--inspect' }),
    auto_start: 1,
    auto_restart: 1,
    ssh_password: 'SECRET-SSH',
    enabled: 1,
    created_at: THEN,
    updated_at: THEN,
  });
  file.put('worker_configs', {
    id: 'c2',
    worker_id: 'worker-2',
    name: '容器',
    deployment_type: 'docker',
    host: 'h',
    enabled: 1,
  });
  file.put('login_sessions', { id: 's1', account_id: LEGACY_ACCOUNT, status: 'pending' });
}
