import type { NoticePriority } from '@hiscrm/shared/model/notice.ts';
import type { NoticeTemplate } from '@hiscrm/shared/model/notice-change.ts';
import { useNow } from '../../hooks/use-now.ts';
import { useText } from '../../i18n/use-text.ts';
import { useSession } from '../../store/session.ts';
import { NoticeCard } from '../notices/notice-card.tsx';
import { LANGUAGE_NAMES, WORD_LANGUAGES } from '../notices/notice-words.ts';
import { previewWords } from './template-words.ts';

/** A template as its readers will see it, in each of its languages. */
export function WordCards(props: {
  readonly template: NoticeTemplate;
  readonly variables: Readonly<Record<string, string>>;
  readonly type: string;
  readonly priority: NoticePriority;
}) {
  const { t } = useText();
  const now = useNow();
  const { session } = useSession();
  const from = t('notices.from', { name: session.kind === 'user' ? session.user.username : '' });
  return WORD_LANGUAGES.map((language) => {
    const words = props.template[language];
    return (
      words && (
        <div key={language} className="console-preview" lang={language} data-preview={language}>
          <p className="console-preview-language">{LANGUAGE_NAMES[language]}</p>
          <NoticeCard
            notice={{ type: props.type, priority: props.priority, time: now, ...previewWords(words, props.variables) }}
            from={from}
          />
        </div>
      )
    );
  });
}
