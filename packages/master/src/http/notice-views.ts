import { type Counts, countsOf } from '../notices/flag-counts.ts';
import { type LiveNotice, targetText } from '../notices/live-notice.ts';
import type { NoticeHub } from '../notices/notice-hub.ts';
import type { ReceiveRecord } from '../notices/receive-record.ts';
import { isConfirmed, isDelivered, isRead, statusOf, wasOnline, wentLive } from '../notices/record-flags.ts';
import { iso, isoOrNull } from './notice-moments.ts';
import { readAgent } from './user-agent.ts';

const ROLE_NAME: Readonly<Record<string, string>> = { v: 'viewer', o: 'operator', a: 'admin' };

/** A role as users know it. */
export const roleName = (role: string): string => ROLE_NAME[role] ?? 'external';

/** Receive records as REST shows them; as new as memory knows them. */
export function recordViews(hub: NoticeHub, recordNos: readonly number[]): readonly object[] {
  return recordNos.flatMap((recordNo) => {
    return recordView(hub, hub.book.noticeOf(recordNo), hub.book.records.view(recordNo)) ?? [];
  });
}

/** A receive record of this notice as REST shows it. */
export function recordView(hub: NoticeHub, notice: LiveNotice, record: ReceiveRecord): object | undefined {
  const mailbox = hub.book.mailboxOf(record.userNo);
  if (!mailbox) return undefined;
  const { flags } = record;
  const device = hub.book.devices.get(record.deviceNo);
  const agent = device && readAgent(device.agent);
  return {
    message_id: notice.messageId,
    user_id: mailbox.userId,
    username: mailbox.username,
    user_role: roleName(record.role),
    is_online: wasOnline(flags),
    is_received: isDelivered(flags),
    received_at: isoOrNull(record.receivedAt),
    is_read: isRead(flags),
    read_at: isoOrNull(record.readAt),
    is_confirmed: isConfirmed(flags),
    confirmed_at: isoOrNull(record.confirmedAt),
    device_type: agent?.deviceType ?? null,
    platform: agent?.platform ?? null,
    browser: agent?.browser ?? null,
    client_ip: device?.address ?? null,
    user_agent: device?.agent ?? null,
    connection_id: device?.connectionId ?? null,
    push_channel: wentLive(flags) ? 'websocket' : 'offline',
    delivery_status: statusOf(flags),
    retry_count: record.retryCount,
    error_message: record.error || null,
    created_at: iso(record.createdAt),
    updated_at: iso(record.updatedAt),
  };
}

/** A notice with its counts. */
export function noticeView(notice: LiveNotice): object {
  const { body } = notice;
  const { title, content, data, type, priority, needConfirm, senderId, expiresAt, target } = notice.notice;
  return {
    message_id: notice.messageId,
    type,
    title: title ?? null,
    content,
    data: data ?? null,
    target: targetText(target),
    priority,
    need_confirm: needConfirm,
    status: notice.status,
    sender_id: senderId,
    created_at: iso(notice.at),
    sent_at: isoOrNull(body.sentAt),
    send_at: isoOrNull(body.sendAt),
    expires_at: isoOrNull(expiresAt),
    superseded_by: body.supersededBy ?? null,
    stats: countsOf(notice.counts.cells()),
  };
}

/** Counts and percentages, as the contract names them. */
export function statusView(counts: Counts): Readonly<Record<string, number>> {
  const percent = (part: number): number => (counts.total === 0 ? 0 : Math.round((part / counts.total) * 10_000) / 100);
  return {
    total_users: counts.total,
    online_users: counts.online,
    received_users: counts.received,
    read_users: counts.read,
    confirmed_users: counts.confirmed,
    total: counts.total,
    online: counts.online,
    received: counts.received,
    read: counts.read,
    confirmed: counts.confirmed,
    pending: counts.pending,
    expired: counts.expired,
    failed: counts.failed,
    receive_rate: percent(counts.received),
    read_rate: percent(counts.read),
    confirm_rate: percent(counts.confirmed),
  };
}
