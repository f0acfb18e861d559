import { useId, useState } from 'react';
import { useNotices } from '../../hooks/use-notices.ts';
import { useText } from '../../i18n/use-text.ts';
import { exactCount } from '../../lib/count-text.ts';
import { BellIcon } from '../../ui/icons.tsx';
import { useDialogs } from '../inbox/dialogs-store.ts';
import { NoticePanel } from './notice-panel.tsx';
import './notices.css';

/** The bell with the exact number of unread notices, and what it opens: the browser's own popover, closed by Esc. */
export function NoticeBell() {
  const { t, locale } = useText();
  const { unreadCount } = useNotices();
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const anchor = `--bell-${id.replace(/[^A-Za-z0-9]/g, '')}`;
  const count = exactCount(unreadCount, locale);
  const { open } = useDialogs();
  const openPreferences = (): void => {
    // A popover lies above every dialog.
    document.getElementById(id)?.hidePopover();
    open({ kind: 'noticePreferences' });
  };
  const label = unreadCount > 0 ? t('notices.bellUnread', { count }) : t('notices.bell');
  return (
    <>
      <button
        type="button"
        className="btn btn-quiet btn-icon bell"
        popoverTarget={id}
        aria-label={label}
        title={label}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        style={{ anchorName: anchor } as object}
      >
        <BellIcon />
        {unreadCount > 0 && (
          <span className="badge bell-badge" aria-hidden="true" data-notices-unread={unreadCount}>
            {count}
          </span>
        )}
      </button>
      <div
        id={id}
        popover="auto"
        className="bell-panel"
        role="dialog"
        aria-label={t('notices.title')}
        style={{ positionAnchor: anchor } as object}
        onToggle={(event) => setOpen(event.newState === 'open')}
      >
        {isOpen && <NoticePanel openPreferences={openPreferences} />}
      </div>
    </>
  );
}
