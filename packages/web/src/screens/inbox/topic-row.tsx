import { activityAt } from '@hiscrm/client/replica/topic-activity.ts';
import { topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { useNow } from '../../hooks/use-now.ts';
import { useText } from '../../i18n/use-text.ts';
import { exactCount } from '../../lib/count-text.ts';
import { useDrafts } from '../../store/drafts.ts';
import { useNavigation } from '../../store/navigation.ts';
import type { Tab } from '../../store/route.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Time } from '../../ui/time.tsx';
import { useDialogs } from './dialogs-store.ts';
import { previewText, topicName } from './names.ts';

/** One work or conversation in a list. */
export function TopicRow(props: {
  readonly topic: TopicView;
  readonly tab: Tab;
  readonly isSelected: boolean;
  /** The keys are here. */
  readonly isCursor: boolean;
  readonly optionId: string;
}) {
  const { t, locale } = useText();
  const now = useNow();
  const { openTopic } = useNavigation();
  const { open } = useDialogs();
  const { record, summary } = props.topic;
  const draft = useDrafts(({ byTopic }) => byTopic[topicKey(record)]?.text);
  const name = topicName(record, t);
  const at = activityAt(props.topic);
  const isWork = record.kind === 'content';
  const picture = isWork ? record.facts?.coverUrl : (record.facts?.peer?.avatarUrl ?? record.facts?.avatarUrl);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list moves the selection by keys
    <div
      id={props.optionId}
      className={props.isCursor ? 'row row-cursor' : 'row'}
      role="option"
      tabIndex={-1}
      aria-selected={props.isSelected}
      data-topic={record.id}
      onClick={() => openTopic(props.tab, record.id)}
    >
      <Avatar id={record.id} name={name} url={picture} sizePx={42} isSquare={isWork} />
      <div className="row-body">
        <div className="row-line">
          <span className="row-title truncate" title={name}>
            {name}
          </span>
          {at > 0 && <Time className="row-time" at={at} now={now} />}
        </div>
        <div className="row-line">
          <span className="row-text truncate">
            {draft ? (
              <>
                <span className="status-bad">{t('topic.draft')}</span> {draft}
              </>
            ) : summary.last ? (
              previewText(summary.last, t)
            ) : (
              t('preview.none')
            )}
          </span>
          {isWork && summary.unreadCount === 0 && (
            <span className="badge badge-muted" title={t('topic.itemCount')}>
              {exactCount(summary.itemCount, locale)}
            </span>
          )}
          <Badge
            count={summary.unreadCount}
            onExplain={() => open({ kind: 'explain', accountId: record.accountId, topic: summary.topic })}
          />
        </div>
      </div>
    </div>
  );
}
