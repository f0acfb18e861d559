import type { NoticePriority } from '@hiscrm/shared/model/notice.ts';
import { useText } from '../../i18n/use-text.ts';
import { PRIORITY_WORDS } from './notice-words.ts';
import './notices.css';

/** The priority as a word in its colour. */
export function PriorityTag({ priority }: { readonly priority: NoticePriority }) {
  const { t } = useText();
  return <span className={`prio prio-${priority}`}>{t(PRIORITY_WORDS[priority])}</span>;
}
