import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { useState } from 'react';
import { useNow } from '../../hooks/use-now.ts';
import { useText } from '../../i18n/use-text.ts';
import type { TextKey } from '../../i18n/zh-cn.ts';
import { safeUrl } from '../../lib/safe-url.ts';
import { durationText } from '../../lib/time-text.ts';
import { useNavigation } from '../../store/navigation.ts';
import { Badge } from '../../ui/badge.tsx';
import { LinkIcon, PlayIcon } from '../../ui/icons.tsx';
import { Time } from '../../ui/time.tsx';
import { useDialogs } from './dialogs-store.ts';
import { topicName } from './names.ts';
import { statsOf, statText, statWord } from './work-stats.ts';

const STATE_WORDS: Readonly<Record<string, TextKey>> = {
  private: 'workState.private',
  friends: 'workState.friends',
  reviewing: 'workState.reviewing',
  prohibited: 'workState.prohibited',
  deleted: 'workState.deleted',
};
/** Figures on a card; the list shows more. */
const CARD_STATS_COUNT = 4;
const LINE_STATS_COUNT = 10;

/** A work with its cover and figures. Opens its comments; the link leads to the platform. */
export function WorkCard({ work, isGrid }: { readonly work: TopicView; readonly isGrid: boolean }) {
  const { t, locale } = useText();
  const now = useNow();
  const { openTopic } = useNavigation();
  const { open } = useDialogs();
  const { record, summary } = work;
  if (record.kind !== 'content') return null;
  const { facts } = record;
  const name = topicName(record, t);
  const url = safeUrl(facts?.url);
  const state = facts?.state && STATE_WORDS[facts.state];
  const stats = statsOf(work).slice(0, isGrid ? CARD_STATS_COUNT : LINE_STATS_COUNT);
  return (
    <article className={isGrid ? 'work' : 'work work-line'}>
      <button type="button" className="work-cover" onClick={() => openTopic('comments', record.id)} aria-label={name}>
        <Cover url={facts?.coverUrl} />
        {facts?.durationMs !== undefined && facts.durationMs > 0 && (
          <span className="work-duration num">{durationText(facts.durationMs)}</span>
        )}
        {state && <span className="work-state">{t(state)}</span>}
      </button>
      <div className="work-body">
        <div className="row-line">
          <button type="button" className="work-title" title={name} onClick={() => openTopic('comments', record.id)}>
            {name}
          </button>
          <Badge
            count={summary.unreadCount}
            onExplain={() => open({ kind: 'explain', accountId: record.accountId, topic: summary.topic })}
          />
        </div>
        <div className="work-stats">
          {stats.map(([key, value]) => (
            <span key={key} title={`${statWord(key, t)}: ${value}`}>
              <span className="work-stat-name">{statWord(key, t)}</span>{' '}
              <b className="num">{statText(key, value, locale)}</b>
            </span>
          ))}
        </div>
        <div className="row-line row-sub">
          {facts?.publishedAt !== undefined && <Time at={facts.publishedAt} now={now} />}
          <span>{t('works.items', { count: summary.itemCount })}</span>
          {url !== undefined && (
            <a className="work-link" href={url} target="_blank" rel="noopener noreferrer" title={t('works.open')}>
              <LinkIcon />
              <span className="sr-only">{t('works.open')}</span>
            </a>
          )}
        </div>
      </div>
    </article>
  );
}

function Cover({ url }: { readonly url: string | undefined }) {
  const [hasFailed, setHasFailed] = useState(false);
  const safe = safeUrl(url);
  if (safe === undefined || hasFailed)
    return (
      <span className="work-no-cover">
        <PlayIcon />
      </span>
    );
  return (
    <img
      src={safe}
      alt=""
      loading="lazy"
      decoding="async"
      referrerPolicy="no-referrer"
      onError={() => setHasFailed(true)}
    />
  );
}
