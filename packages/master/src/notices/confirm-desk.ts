import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { confirmSteps, escalationId, reminderId } from './confirm-steps.ts';
import type { LiveNotice } from './live-notice.ts';
import type { Mailbox } from './mailbox.ts';
import type { NoticeBook } from './notice-book.ts';
import { isConfirmed, isWithdrawn, statusOf } from './record-flags.ts';
import type { NoticeSender, SendRequest } from './send-notice.ts';

/** Who sends what the machine sends. */
export const SYSTEM_USER = 'system' as UserId;
/** Users named in an escalation; the roster has all of them. */
const NAMED_LIMIT_COUNT = 200;
/** Names in the text of an escalation. */
const NAMES_SHOWN_COUNT = 20;

/** Reminds those who have not confirmed, and tells their deputy. */
export class ConfirmDesk {
  readonly #book: NoticeBook;
  readonly #sender: NoticeSender;

  constructor(options: { readonly book: NoticeBook; readonly sender: NoticeSender }) {
    this.#book = options.book;
    this.#sender = options.sender;
  }

  /** Sends what is due for a notice and was not sent yet. */
  async look(notice: LiveNotice, now: number): Promise<void> {
    const { confirmPlan, messageId } = notice.notice;
    if (!confirmPlan || notice.status !== 'sent') return;
    const { reminderNo, isEscalationDue } = confirmSteps(confirmPlan, notice.body.sentAt ?? notice.at, now);
    const isKnown = (id: string): boolean => this.#book.shelf.byId(id) !== undefined;
    if (reminderNo > 0 && !isKnown(reminderId(messageId, reminderNo))) await this.#remind(notice, reminderNo);
    if (isEscalationDue && !isKnown(escalationId(messageId))) await this.#escalate(notice, confirmPlan.deputyUserId);
  }

  /** Recipients who could confirm and have not. */
  missing(notice: LiveNotice): readonly Mailbox[] {
    const { records } = this.#book;
    const { first, count } = notice.records;
    const missing: Mailbox[] = [];
    for (let recordNo = first; recordNo < first + count; recordNo++) {
      const flags = records.flags(recordNo);
      if (isConfirmed(flags) || isWithdrawn(flags) || statusOf(flags) === 'expired') continue;
      const mailbox = this.#book.mailboxOf(records.userNo(recordNo));
      if (mailbox) missing.push(mailbox);
    }
    return missing;
  }

  async #remind(notice: LiveNotice, no: number): Promise<void> {
    const { messageId, type, title, content, words, priority, expiresAt, data } = notice.notice;
    const missing = this.missing(notice);
    if (missing.length === 0) return;
    const before = reminderId(messageId, no - 1);
    await this.#sender.send(
      {
        messageId: reminderId(messageId, no),
        type,
        title,
        content,
        words,
        data: { reminds: messageId, reminderNo: no, ...(data !== undefined && { data }) },
        priority,
        target: { kind: 'users', userIds: missing.map(({ userId }) => userId) },
        needConfirm: false,
        expiresAt,
        supersedes: this.#book.shelf.byId(before) ? before : undefined,
      } satisfies SendRequest,
      SYSTEM_USER,
    );
  }

  async #escalate(notice: LiveNotice, deputyUserId: UserId | undefined): Promise<void> {
    const missing = this.missing(notice);
    if (missing.length === 0 || deputyUserId === undefined) return;
    const { messageId, title, content } = notice.notice;
    const names = missing.slice(0, NAMES_SHOWN_COUNT).map(({ username }) => username);
    const more = missing.length > names.length ? ' …' : '';
    const what = (title ?? content).slice(0, 60);
    const en = {
      title: 'Not confirmed',
      content: `“${what}” is not confirmed by ${missing.length}: ${names.join(', ')}${more}`,
    };
    const zh = { title: '未确认通知', content: `“${what}”仍有 ${missing.length} 人未确认：${names.join('、')}${more}` };
    await this.#sender.send(
      {
        messageId: escalationId(messageId),
        type: notice.notice.type,
        ...zh,
        words: { zh, en },
        data: {
          escalates: messageId,
          missingCount: missing.length,
          missingUserIds: missing.slice(0, NAMED_LIMIT_COUNT).map(({ userId }) => userId),
        },
        priority: 'high',
        target: { kind: 'users', userIds: [deputyUserId] },
        needConfirm: false,
      },
      SYSTEM_USER,
    );
  }
}
