import {
  DIGEST_TYPE,
  type NoticeDigest,
  type NoticeFrame,
  noticeDigestSchema,
} from '@hiscrm/shared/protocol/notice-link.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import { useNow } from '../../hooks/use-now.ts';
import { useText } from '../../i18n/use-text.ts';
import { Time } from '../../ui/time.tsx';
import { typeWord } from './notice-words.ts';

const parseDigest = parserOf(noticeDigestSchema);

/** What a digest stands for; undefined for any other notice. `data` is the sender's own there. */
export function digestOf({ type, data }: NoticeFrame): NoticeDigest | undefined {
  if (type !== DIGEST_TYPE) return undefined;
  const parsed = parseDigest(data);
  return parsed.ok ? parsed.value : undefined;
}

/** The notices of a digest, newest first. */
export function DigestItems({ digest }: { readonly digest: NoticeDigest }) {
  const { t } = useText();
  const now = useNow();
  const { items, count } = digest;
  return (
    <ul className="bell-digest">
      {items.map(({ messageId, type, title, content, time }) => (
        <li key={messageId}>
          <span className="row-line">
            <span className="bell-title">{title ?? content}</span>
            <Time className="row-time bell-time" at={time} now={now} />
          </span>
          {title !== undefined && <span className="bell-text">{content}</span>}
          <span className="row-sub">{typeWord(type, t)}</span>
        </li>
      ))}
      {count > items.length && <li className="row-sub">{t('notices.digestMore', { count: count - items.length })}</li>}
    </ul>
  );
}
