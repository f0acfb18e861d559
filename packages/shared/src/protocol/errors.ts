/**
 * The error catalogue. A code is stable; the text may change. `retry` says who may try again:
 * `never` (the request is wrong), `later` (the same request may succeed after a wait), `afterFix` (a person must do
 * something first), `unknown` (it may have happened: look before acting). `docs/errors.md` lists the same codes (tested).
 */
import Type from 'typebox';

export type Retry = 'never' | 'later' | 'afterFix' | 'unknown';
type Entry = { readonly status: number; readonly retry: Retry; readonly en: string; readonly zh: string };

export const ERRORS = {
  BAD_FRAME: { status: 400, retry: 'never', en: 'The frame is not valid: {reason}.', zh: '消息格式不正确：{reason}。' },
  BAD_REQUEST: { status: 400, retry: 'never', en: 'The request is not valid: {reason}.', zh: '请求不正确：{reason}。' },
  TOO_LARGE: {
    status: 413,
    retry: 'never',
    en: 'At most {limitBytes} bytes are accepted; send smaller parts.',
    zh: '最多接受 {limitBytes} 字节，请分批发送。',
  },
  UNSUPPORTED_PROTOCOL: {
    status: 400,
    retry: 'afterFix',
    en: 'This side speaks protocol {supported}; the peer asked for {got}. Update the older one.',
    zh: '协议版本不兼容：本端 {supported}，对方 {got}，请升级较旧的一端。',
  },
  NOT_LOGGED_IN: { status: 401, retry: 'afterFix', en: 'Log in first.', zh: '请先登录。' },
  BAD_CREDENTIALS: {
    status: 401,
    retry: 'afterFix',
    en: 'The user name or the password is wrong.',
    zh: '用户名或密码不正确。',
  },
  BAD_WORKER_KEY: {
    status: 401,
    retry: 'afterFix',
    en: 'The Worker key is missing, unknown or revoked. Make one with: hiscrm worker-key add <name>.',
    zh: 'Worker 密钥缺失、未知或已吊销，请用 hiscrm worker-key add <名称> 新建。',
  },
  FORBIDDEN: {
    status: 403,
    retry: 'afterFix',
    en: 'Your role does not allow this. Ask an administrator.',
    zh: '您的角色无权执行此操作，请联系管理员。',
  },
  BAD_ORIGIN: {
    status: 403,
    retry: 'afterFix',
    en: 'Requests from this web origin are not accepted.',
    zh: '不接受来自此网页来源的请求。',
  },
  NOT_FOUND: {
    status: 404,
    retry: 'never',
    en: 'Nothing is known under this address or id.',
    zh: '找不到对应的地址或编号。',
  },
  ACCOUNT_NOT_FOUND: {
    status: 404,
    retry: 'never',
    en: 'The account does not exist, or you may not see it.',
    zh: '账号不存在，或您无权查看。',
  },
  TOPIC_NOT_FOUND: {
    status: 404,
    retry: 'never',
    en: 'The work or conversation is not known.',
    zh: '作品或会话不存在。',
  },
  ITEM_NOT_FOUND: { status: 404, retry: 'never', en: 'The comment or message is not known.', zh: '评论或消息不存在。' },
  REPLY_NOT_FOUND: { status: 404, retry: 'never', en: 'The reply is not known.', zh: '回复不存在。' },
  USER_NOT_FOUND: { status: 404, retry: 'never', en: 'The user does not exist.', zh: '用户不存在。' },
  ALREADY_EXISTS: { status: 409, retry: 'never', en: 'There is one already: {what}.', zh: '已存在：{what}。' },
  KEY_REUSED: {
    status: 409,
    retry: 'never',
    en: 'This idempotency key was used for another request.',
    zh: '该幂等键已用于另一个请求。',
  },
  STALE_VIEW: {
    status: 409,
    retry: 'afterFix',
    en: '{unseenCount} item(s) arrived that you had not seen when you wrote this. Look, then send again.',
    zh: '您撰写时又到达了 {unseenCount} 条新内容，请查看后再发送。',
  },
  REPLY_SETTLED: {
    status: 409,
    retry: 'never',
    en: 'The outcome of this reply is known already.',
    zh: '该回复的结果已确定。',
  },
  STALE_LEASE: {
    status: 409,
    retry: 'never',
    en: 'Another Worker drives this account now (lease {current}, yours is {got}). Stop driving it.',
    zh: '该账号已由另一个 Worker 接管（租约 {current}，您的是 {got}），请停止操作。',
  },
  ACCOUNT_NOT_DRIVEN: {
    status: 409,
    retry: 'later',
    en: 'No Worker drives this account at the moment.',
    zh: '目前没有 Worker 在处理该账号。',
  },
  UNSUPPORTED_PLATFORM: {
    status: 422,
    retry: 'never',
    en: 'The platform {platform} is not supported.',
    zh: '不支持平台 {platform}。',
  },
  NOT_SUPPORTED: {
    status: 422,
    retry: 'never',
    en: 'This has no meaning here: {reason}.',
    zh: '本系统不支持此操作：{reason}。',
  },
  TOO_MANY: {
    status: 429,
    retry: 'later',
    en: 'Too many requests. Wait {retryAfterMs} ms.',
    zh: '请求过多，请等待 {retryAfterMs} 毫秒。',
  },
  LOG_WRITE_FAILED: {
    status: 503,
    retry: 'unknown',
    en: 'The log could not be written; the Master stops taking changes. See its log and the disk.',
    zh: '日志写入失败，Master 已停止接收变更，请检查其日志与磁盘。',
  },
  SHUTTING_DOWN: { status: 503, retry: 'later', en: 'The server is restarting.', zh: '服务器正在重启。' },
  OVERLOADED: {
    status: 503,
    retry: 'later',
    en: 'The server has more waiting work than it accepts. Try again in {retryAfterMs} ms.',
    zh: '服务器待处理任务过多，请在 {retryAfterMs} 毫秒后重试。',
  },
  DIRECTORY_ABSENT: {
    status: 503,
    retry: 'later',
    en: 'The list of users has not been read from its database yet. Try again in {retryAfterMs} ms.',
    zh: '尚未从用户数据库读到用户名单，请在 {retryAfterMs} 毫秒后重试。',
  },
  INTERNAL: {
    status: 500,
    retry: 'unknown',
    en: 'A bug stopped this request; it was logged as {requestId}.',
    zh: '内部错误，记录编号 {requestId}。',
  },
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** What crosses a wire when something was refused. */
export const wireErrorSchema = Type.Object(
  {
    code: Type.Unsafe<ErrorCode>(Type.Union(Object.keys(ERRORS).map((code) => Type.Literal(code)))),
    message: Type.String(),
    retry: Type.Unsafe<Retry>(Type.String()),
    details: Type.Optional(
      Type.Unsafe<ErrorDetails>(
        Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
      ),
    ),
  },
  { additionalProperties: false },
);
export type WireError = Type.Static<typeof wireErrorSchema>;

/** A refusal from the catalogue. Thrown at edges and by commands; never used for what is a bug. */
export class ImError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(errorText(code, details, 'en'), options);
    this.name = 'ImError';
    this.code = code;
    this.details = details;
  }
}

/** The catalogue's text with its gaps filled; a gap without a detail stays visible. */
export function errorText(code: ErrorCode, details: ErrorDetails, language: 'en' | 'zh'): string {
  return ERRORS[code][language].replace(/\{(\w+)\}/g, (gap, name: string) => String(details[name] ?? gap));
}

export function toWireError(code: ErrorCode, details: ErrorDetails = {}): WireError {
  return {
    code,
    message: errorText(code, details, 'en'),
    retry: ERRORS[code].retry,
    ...(Object.keys(details).length > 0 && { details }),
  };
}
