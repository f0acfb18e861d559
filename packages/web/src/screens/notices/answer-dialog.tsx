import type { NoticeEntry } from '@hiscrm/client/notices/notice-box.ts';
import { useEffect, useId, useRef } from 'react';
import { useText } from '../../i18n/use-text.ts';
import { NoticeCard } from './notice-card.tsx';

/**
 * What stands before everything else until its reader answers: the browser's own modal dialog, which keeps the focus inside.
 * Esc neither answers nor closes it.
 */
export function AnswerDialog(props: {
  readonly entry: NoticeEntry;
  /** Notices that wait in all, this one included. */
  readonly waitingCount: number;
  readonly answer: () => void;
}) {
  const { t } = useText();
  const { entry, waitingCount, answer } = props;
  const titleId = useId();
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    const show = (): void => {
      if (!dialog.open) dialog.showModal();
      document.getElementById(titleId)?.focus();
    };
    const stay = (event: Event): void => event.preventDefault();
    dialog.addEventListener('cancel', stay);
    // A browser closes a dialog at the second Esc whatever a page says: it comes back until it is answered.
    dialog.addEventListener('close', show);
    show();
    return () => {
      dialog.removeEventListener('cancel', stay);
      dialog.removeEventListener('close', show);
      dialog.close();
    };
  }, [titleId]);
  const from = entry.isLoaded
    ? entry.sender === undefined
      ? t('notices.fromSystem')
      : t('notices.from', { name: entry.sender })
    : undefined;
  return (
    <dialog ref={ref} className="answer-dialog" aria-labelledby={titleId} data-answer={entry.notice.messageId}>
      <NoticeCard notice={entry.notice} from={from} titleId={titleId} />
      <footer className="answer-foot">
        {waitingCount > 1 && <span className="row-sub">{t('notices.waiting', { count: waitingCount })}</span>}
        <button type="button" className="btn btn-primary" onClick={answer}>
          {entry.notice.needConfirm ? t('notices.confirm') : t('notices.understood')}
        </button>
      </footer>
    </dialog>
  );
}
