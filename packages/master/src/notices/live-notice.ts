import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { Notice } from '@hiscrm/shared/model/notice.ts';
import type { NoticeBody, NoticeStatus, StoredNotice } from '../log/notice-tables.ts';
import type { NoticeRow } from '../log/writer-protocol.ts';
import type { FlagCounts } from './flag-counts.ts';

/** A notice in memory, with its records counted. One object a notice: whoever waits for it points here. */
export class LiveNotice {
  readonly no: Seq;
  /** When it was accepted (ms UTC). */
  readonly at: number;
  readonly counts: FlagCounts;
  status: NoticeStatus;
  body: NoticeBody;
  /** When its row was durable, on the performance clock; absent when that was in an earlier process. */
  durableAt: number | undefined;
  /** Frames made for its recipients, by variant; dropped once nobody waits. */
  readonly frames = new Map<string, Buffer>();

  /** `counts` = its records, by flags. */
  constructor(stored: StoredNotice, counts: FlagCounts) {
    this.no = stored.no;
    this.at = stored.at;
    this.status = stored.status;
    this.body = stored.body;
    this.counts = counts;
  }

  get notice(): Notice {
    return this.body.notice;
  }
  /** The numbers of its receive records: from `first` on, `count` of them. */
  get records(): { readonly first: number; readonly count: number } {
    const { firstRecordNo, recipientCount } = this.body;
    return firstRecordNo === undefined ? { first: 0, count: 0 } : { first: firstRecordNo, count: recipientCount };
  }
  get messageId(): string {
    return this.body.notice.messageId;
  }

  /** Whether time can still change it: it is to be sent, somebody waits for it, or somebody has to confirm it. */
  isOpen(): boolean {
    if (this.status === 'scheduled') return true;
    if (this.status !== 'sent') return false;
    const { pending, total, confirmed, expired } = this.counts.counts();
    return pending > 0 || (this.notice.confirmPlan !== undefined && confirmed + expired < total);
  }

  toRow(): NoticeRow {
    const { notice } = this.body;
    return [
      this.no,
      notice.messageId,
      notice.senderId,
      notice.key ?? null,
      notice.type,
      targetText(notice.target),
      PRIORITY_RANK[notice.priority],
      this.status,
      this.at,
      this.isOpen() ? 1 : 0,
      JSON.stringify(this.body),
    ];
  }
}

/** The number behind each priority. */
export const PRIORITY_RANK = { low: 0, normal: 1, high: 2, urgent: 3 } as const;

/** What lists filter by: the kind, and its name where it has one. */
export function targetText(target: Notice['target']): string {
  if (target.kind === 'role') return `role:${target.role}`;
  if (target.kind === 'group') return `group:${target.group}`;
  return target.kind;
}
