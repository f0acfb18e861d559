import type { ConfirmPlan, NoticePriority, NoticeTarget } from '@hiscrm/shared/model/notice.ts';
import type { NoticeTemplate } from '@hiscrm/shared/model/notice-change.ts';
import type { NoticePreferences } from '@hiscrm/shared/model/notice-preferences.ts';
import { type RestOutcome, rest } from './rest.ts';

/** What an administrator writes. Times in ms UTC. */
export type NoticeDraft = {
  readonly type: string;
  readonly priority: NoticePriority;
  readonly target: NoticeTarget;
  readonly needConfirm: boolean;
  readonly confirmPlan?: ConfirmPlan;
  readonly expiresAt?: number;
  readonly sendAt?: number;
} & (
  | { readonly title?: string; readonly content: string }
  | { readonly template: string; readonly variables: Readonly<Record<string, string>> }
);
/** Templates by name. */
export type Templates = Readonly<Record<string, NoticeTemplate>>;
/** The ids of the users in each group. */
export type Groups = Readonly<Record<string, readonly string[]>>;
export type NoticeAccepted = {
  readonly messageId: string;
  readonly recipients: number;
  readonly online: number;
  /** Recipients for whom it waits. */
  readonly queued: number;
  readonly scheduledAt?: number;
};
export type NoticeCounts = Readonly<
  Record<'total' | 'online' | 'received' | 'read' | 'confirmed' | 'pending' | 'expired' | 'failed', number>
>;
export type NoticeStatus = 'scheduled' | 'sent' | 'recalled' | 'superseded' | 'expired';
export type ReceiveStatus = NoticeCounts & { readonly message_id: string; readonly status: NoticeStatus };
export type SentNotice = {
  readonly message_id: string;
  readonly type: string;
  readonly title: string | null;
  readonly content: string;
  readonly target: string;
  readonly priority: NoticePriority;
  readonly need_confirm: boolean;
  readonly status: NoticeStatus;
  readonly created_at: string;
  readonly sent_at: string | null;
  readonly send_at: string | null;
  readonly expires_at: string | null;
  readonly stats: NoticeCounts;
};
export type ReceiveRecord = {
  readonly user_id: string;
  readonly username: string;
  readonly user_role: string;
  readonly is_online: boolean;
  readonly received_at: string | null;
  readonly read_at: string | null;
  readonly confirmed_at: string | null;
  readonly delivery_status: string;
  readonly created_at: string;
};
export type Page<T> = {
  readonly total: number;
  /** False when there are at least `total`. */
  readonly total_is_exact: boolean;
  readonly page: number;
  readonly page_size: number;
  readonly items: readonly T[];
  readonly stats: NoticeCounts;
};
/** `own`: there is no other system's. */
export type DirectoryState = 'own' | 'loading' | 'fresh' | 'stale' | 'absent';
export type HubStats = {
  readonly active_connections: number;
  readonly unique_users: number;
  readonly total_connections: number;
  readonly total_messages: number;
  readonly accepted_notices: number;
  readonly queue_size: Readonly<Record<NoticePriority, number>>;
  readonly queue_peak: number;
  readonly batch_size: number;
  readonly waiting_offline: number;
  readonly dropped: number;
  readonly refused: number;
  readonly slow_consumers: number;
  readonly latency_ms: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly error_rate: number;
  readonly event_loop_lag_ms: number;
  readonly uptime_s: number;
  readonly state: 'ok' | 'degraded';
  readonly degraded_because: readonly string[];
  /** Whom a notice to everybody reaches; times in ms UTC. */
  readonly directory: {
    readonly kind: string;
    readonly state: DirectoryState;
    readonly users: number;
    readonly ownUsers: number;
    readonly refusedRows: number;
    readonly lastReadAt: number | null;
    readonly lastError?: string;
  };
};
export type OnlineUser = {
  readonly user_id: string;
  readonly username: string;
  readonly connections: number;
  readonly online_time: string;
  readonly online_duration: number;
  readonly client_ip: string;
};

/** What a list is narrowed to; absent means everything. */
export type Filters = Readonly<Record<string, string | number | boolean | undefined>>;

const BASE = '/api/admin/notification';

async function open<T>(request: Promise<RestOutcome<{ readonly data: T }>>): Promise<RestOutcome<T>> {
  const outcome = await request;
  return outcome.kind === 'done' ? { kind: 'done', value: outcome.value.data } : outcome;
}

function withQuery(path: string, filters: Filters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  return `${path}?${query}`;
}

const messagePath = (messageId: string): string => `${BASE}/messages/${encodeURIComponent(messageId)}`;

/** What every user may choose for the own notices. */
export const preferencesApi = {
  get: (): Promise<RestOutcome<NoticePreferences>> => open(rest('GET', `${BASE}/preferences`)),
  /** Replaces all of them. */
  put: (preferences: NoticePreferences): Promise<RestOutcome<NoticePreferences>> =>
    open(rest('PUT', `${BASE}/preferences`, preferences)),
} as const;

/** Sending notices and seeing what became of them; for administrators. */
export const noticeApi = {
  /** The same key never sends twice, however often it is asked. */
  send: (draft: NoticeDraft, key: string): Promise<RestOutcome<NoticeAccepted>> =>
    open(rest('POST', '/api/admin/system/notice', draft, { 'idempotency-key': key })),
  /** How many users a target means now. */
  audience: (target: NoticeTarget): Promise<RestOutcome<{ readonly recipients: number; readonly online: number }>> =>
    open(rest('POST', '/api/admin/system/notice/preview', { target, content: '-' })),
  recall: (messageId: string): Promise<RestOutcome<{ readonly status: NoticeStatus }>> =>
    open(rest('POST', `/api/admin/system/notice/${encodeURIComponent(messageId)}/recall`)),
  groups: (): Promise<RestOutcome<Groups>> => open(rest('GET', `${BASE}/groups`)),
  /** Sets who is in a group; a group of nobody is gone. */
  putGroup: (name: string, userIds: readonly string[]): Promise<RestOutcome<object>> =>
    open(rest('PUT', `${BASE}/groups/${encodeURIComponent(name)}`, { userIds })),
  templates: (): Promise<RestOutcome<Templates>> => open(rest('GET', `${BASE}/templates`)),
  putTemplate: (name: string, template: NoticeTemplate): Promise<RestOutcome<object>> =>
    open(rest('PUT', `${BASE}/templates/${encodeURIComponent(name)}`, template)),
  removeTemplate: (name: string): Promise<RestOutcome<object>> =>
    open(rest('DELETE', `${BASE}/templates/${encodeURIComponent(name)}`)),
  sent: (filters: Filters): Promise<RestOutcome<Page<SentNotice>>> =>
    open(rest('GET', withQuery(`${BASE}/push-records`, filters))),
  receipts: (filters: Filters): Promise<RestOutcome<Page<ReceiveRecord>>> =>
    open(rest('GET', withQuery(`${BASE}/admin-receive-records`, filters))),
  status: (messageId: string): Promise<RestOutcome<ReceiveStatus>> =>
    open(rest('GET', `${messagePath(messageId)}/receive-status`)),
  /** Every record of a notice, however many: for what needs all of them at once. */
  everyRecord: (messageId: string): Promise<RestOutcome<{ readonly items: readonly ReceiveRecord[] }>> =>
    open(rest('GET', `${messagePath(messageId)}/roster/export?only=all&format=json`)),
  /** The address of a file with who has not confirmed. */
  rosterFile: (messageId: string, format: 'csv' | 'json'): string =>
    `${messagePath(messageId)}/roster/export?only=missing&format=${format}`,
  stats: (): Promise<RestOutcome<HubStats>> => open(rest('GET', '/api/admin/websocket/stats')),
  online: (filters: Filters): Promise<RestOutcome<{ readonly total: number; readonly items: readonly OnlineUser[] }>> =>
    open(rest('GET', withQuery(`${BASE}/online-users`, filters))),
} as const;
