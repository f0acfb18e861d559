import type { NoticeEntry } from '@hiscrm/client/notices/notice-box.ts';
import { useState } from 'react';
import { useNow } from '../../hooks/use-now.ts';
import { useText } from '../../i18n/use-text.ts';
import { Time } from '../../ui/time.tsx';
import { DigestItems, digestOf } from './digest-items.tsx';
import { typeWord } from './notice-words.ts';
import { PriorityTag } from './priority-tag.tsx';

/** What counts on the badge. */
export const isUnreadNotice = ({ readAt, isWithdrawn }: NoticeEntry): boolean => readAt === undefined && !isWithdrawn;

/** One notice. A click shows all of it and reads it. */
export function NoticeRow({ entry, read }: { readonly entry: NoticeEntry; readonly read: () => void }) {
  const { t } = useText();
  const now = useNow();
  const [isOpen, setOpen] = useState(false);
  const { notice } = entry;
  const digest = digestOf(notice);
  const isUnread = isUnreadNotice(entry);
  const toggle = (): void => {
    setOpen(!isOpen);
    if (isUnread) read();
  };
  return (
    <article className={`bell-row bell-row-${notice.priority}`} data-notice={notice.messageId} data-unread={isUnread}>
      <button type="button" className="bell-row-main" aria-expanded={isOpen} onClick={toggle}>
        <span className="row-line">
          <PriorityTag priority={notice.priority} />
          <span className="row-sub">{typeWord(notice.type, t)}</span>
          <Time className="row-time bell-time" at={notice.time} now={now} />
          {isUnread && (
            <span className="bell-dot">
              <span className="sr-only">{t('item.unread')}</span>
            </span>
          )}
        </span>
        <span className={isUnread ? 'bell-title bell-title-unread' : 'bell-title'}>
          {digest ? t('notices.digestTitle', { count: digest.count }) : (notice.title ?? notice.content)}
        </span>
        {notice.title !== undefined && !(digest && isOpen) && (
          <span className={isOpen ? 'bell-text' : 'bell-text bell-text-short'}>{notice.content}</span>
        )}
        <span className="row-sub">
          {[
            entry.sender !== undefined && t('notices.from', { name: entry.sender }),
            entry.isWithdrawn && t('notices.withdrawn'),
            notice.needConfirm && entry.confirmedAt !== undefined && t('notices.confirmed'),
            notice.needConfirm && entry.confirmedAt === undefined && !entry.isWithdrawn && t('notices.toConfirm'),
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </button>
      {digest && isOpen && <DigestItems digest={digest} />}
      {isUnread && (
        <button type="button" className="btn btn-quiet btn-small bell-read" onClick={read}>
          {t('notices.read')}
        </button>
      )}
    </article>
  );
}
