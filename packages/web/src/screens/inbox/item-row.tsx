import type { TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import { topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { useNow } from '../../hooks/use-now.ts';
import { useText } from '../../i18n/use-text.ts';
import { exactCount } from '../../lib/count-text.ts';
import { useDrafts } from '../../store/drafts.ts';
import { useSession } from '../../store/session.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { ReplyIcon } from '../../ui/icons.tsx';
import { Time } from '../../ui/time.tsx';
import type { Row } from './build-rows.ts';
import { focusComposer } from './focus-composer.ts';
import { ItemBody } from './item-body.tsx';
import { authorAvatar, authorName } from './names.ts';

/** Deeper answers stay readable when the indent stops growing; who is answered is written on each. */
const INDENT_LIMIT = 4;
const INDENT_PX = 34;

/** One comment or message. */
export function ItemRow(props: {
  readonly account: AccountView;
  readonly topicRef: TopicRef;
  readonly topic: TopicView | undefined;
  readonly row: Extract<Row, { kind: 'item' }>;
}) {
  const { t } = useText();
  const { item, depth, answers, isOrphan } = props.row;
  const { facts } = item;
  const where = { account: props.account.record, topic: props.topic?.record };
  const name = authorName(item, where, t);
  const now = useNow();
  if (facts.kind === 'message' && facts.type === 'system')
    return (
      <div className="system-line">
        {facts.text || t('item.systemLine')} <Time at={facts.at} />
      </div>
    );
  const isOwn = facts.direction === 'out';
  const isNew = props.topic !== undefined && isUnread(item, props.topic.record.marks);
  const isComment = facts.kind === 'comment';
  return (
    <article
      className={`item${isOwn ? ' item-own' : ''}${isComment ? ' item-comment' : ''}`}
      style={{ paddingLeft: 16 + Math.min(depth, INDENT_LIMIT) * INDENT_PX }}
      data-item={facts.id}
      aria-label={`${name}${isNew ? `, ${t('item.unread')}` : ''}`}
    >
      <Avatar
        id={facts.author?.id ?? (isOwn ? item.accountId : isComment ? facts.id : facts.topicId)}
        name={name}
        url={authorAvatar(item, where.account, where.topic)}
        sizePx={depth > 0 ? 28 : 36}
      />
      <div className="item-main">
        <div className="item-meta">
          {isNew && <span className="dot dot-bad" title={t('item.unread')} />}
          <span className="item-author truncate">{name}</span>
          {isOwn && isComment && <span className="tag">{t('item.us')}</span>}
          {isComment && facts.isPinned && <span className="tag">{t('item.pinned')}</span>}
          {answers && depth > 0 && answers.facts.direction === 'in' && (
            <span className="truncate">{t('item.answers', { name: authorName(answers, where, t) })}</span>
          )}
          {isOrphan && <span>{t('item.orphan')}</span>}
          {isComment ? <Time at={facts.at} now={now} /> : <Time at={facts.at} />}
          {isComment && facts.ipLabel && <span>{facts.ipLabel}</span>}
        </div>
        <div className={isNew ? 'bubble bubble-new' : 'bubble'}>
          <ItemBody item={item} />
        </div>
        {isComment && <CommentFoot {...props} />}
      </div>
    </article>
  );
}

function CommentFoot({
  row: { item },
  topicRef,
}: {
  readonly row: Extract<Row, { kind: 'item' }>;
  readonly topicRef: TopicRef;
}) {
  const { t, locale } = useText();
  const { session } = useSession();
  const { put } = useDrafts();
  const { facts } = item;
  if (facts.kind !== 'comment') return null;
  const mayAnswer = session.kind === 'user' && session.user.role !== 'viewer' && facts.state === 'visible';
  return (
    <div className="item-foot">
      {facts.likeCount !== undefined && facts.likeCount > 0 && (
        <span className="num">{t('item.likes', { count: exactCount(facts.likeCount, locale) })}</span>
      )}
      {item.isAnswered && <span className="item-answered">{t('item.answered')}</span>}
      {mayAnswer && facts.direction === 'in' && (
        <button
          type="button"
          className="btn btn-quiet btn-small"
          onClick={() => {
            const text = useDrafts.getState().byTopic[topicKey(topicRef)]?.text ?? '';
            put(topicKey(topicRef), { text, toItemId: facts.id });
            focusComposer();
          }}
        >
          <ReplyIcon />
          {t('item.reply')}
        </button>
      )}
    </div>
  );
}
