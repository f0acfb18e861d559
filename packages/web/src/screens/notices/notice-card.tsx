import type { NoticePriority } from '@hiscrm/shared/model/notice.ts';
import { useText } from '../../i18n/use-text.ts';
import { fullTime } from '../../lib/time-text.ts';
import { typeWord } from './notice-words.ts';
import { PriorityTag } from './priority-tag.tsx';

export type CardNotice = {
  readonly type: string;
  readonly priority: NoticePriority;
  readonly title?: string | undefined;
  readonly content: string;
  readonly time: number;
};

/** A notice as it stands in front of its reader; the preview of whoever writes one shows the same. */
export function NoticeCard(props: {
  readonly notice: CardNotice;
  /** Undefined: it is not known yet. */
  readonly from: string | undefined;
  readonly titleId?: string;
}) {
  const { t, locale } = useText();
  const { notice } = props;
  return (
    <div className={`notice-card notice-card-${notice.priority}`}>
      <p className="row-line">
        <PriorityTag priority={notice.priority} />
        <span className="row-sub">{typeWord(notice.type, t)}</span>
      </p>
      {/* It takes the focus, so that a key meant for what was being written answers nothing. */}
      <h2 id={props.titleId} tabIndex={-1} className="notice-card-title">
        {notice.title ?? typeWord(notice.type, t)}
      </h2>
      <p className="notice-card-text">{notice.content}</p>
      <p className="row-sub">
        {props.from ?? t('common.loading')} · {fullTime(notice.time, locale)}
      </p>
    </div>
  );
}
