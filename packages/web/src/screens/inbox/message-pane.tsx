import type { ItemId } from '@hiscrm/shared/model/ids.ts';
import type { TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import { useMemo, useRef, useState } from 'react';
import { useClient } from '../../hooks/client-context.tsx';
import { usePendingReplies, useTopic, useWindow } from '../../hooks/use-replica.ts';
import { useRun } from '../../hooks/use-run.ts';
import { useText } from '../../i18n/use-text.ts';
import { safeUrl } from '../../lib/safe-url.ts';
import { useHiddenReplies } from '../../store/hidden-replies.ts';
import { useNavigation } from '../../store/navigation.ts';
import { useSession } from '../../store/session.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Empty } from '../../ui/empty.tsx';
import { BackIcon, ChatIcon, CheckIcon, LinkIcon } from '../../ui/icons.tsx';
import { SkeletonRows } from '../../ui/skeleton-rows.tsx';
import { buildCommentRows, buildMessageRows } from './build-rows.ts';
import { Composer } from './composer.tsx';
import { useDialogs } from './dialogs-store.ts';
import { LoadProblemView } from './load-problem.tsx';
import { MessageList } from './message-list.tsx';
import './messages.css';
import { topicName } from './names.ts';
import { shownReplies } from './shown-replies.ts';

/** One topic: its items, the replies under way, and the composer. Give it the topic's key, so that another one starts fresh. */
export function MessagePane({ account, topicRef }: { readonly account: AccountView; readonly topicRef: TopicRef }) {
  const { t } = useText();
  const client = useClient();
  const window = useWindow(topicRef);
  const topic = useTopic(topicRef);
  const pending = usePendingReplies();
  const hiddenKeys = useHiddenReplies(({ keys }) => keys);
  const firstUnreadId = useFirstUnread(window, topic);
  const rows = useMemo(() => {
    if (!window) return [];
    const replies = shownReplies({
      topic: topicRef,
      pending,
      records: window.replies,
      items: window.items,
      hiddenKeys,
    });
    const build = topicRef.kind === 'content' ? buildCommentRows : buildMessageRows;
    return build({ items: window.items, replies, firstUnreadId });
  }, [window, pending, hiddenKeys, firstUnreadId, topicRef]);
  return (
    <section className="pane pane-messages" aria-label={t('messages.title')}>
      <TopicHead account={account} topicRef={topicRef} />
      {window?.phase.kind === 'failed' ? (
        <LoadProblemView problem={window.phase.problem} retry={() => client.replica.reopenTopic(topicRef)} />
      ) : !window || window.phase.kind === 'loading' ? (
        <SkeletonRows count={7} />
      ) : rows.length === 0 ? (
        <Empty
          icon={<ChatIcon />}
          title={topicRef.kind === 'content' ? t('messages.noComments') : t('messages.noMessages')}
        />
      ) : (
        <MessageList account={account} topicRef={topicRef} topic={topic} window={window} rows={rows} />
      )}
      <Composer account={account} topicRef={topicRef} topic={topic} items={window?.items ?? []} />
    </section>
  );
}

/** The first item that was unread when the topic's items came; the divider must not wander while one reads. */
function useFirstUnread(window: ReturnType<typeof useWindow>, topic: ReturnType<typeof useTopic>): ItemId | undefined {
  const [isFixed, setIsFixed] = useState(false);
  const first = useRef<ItemId | undefined>(undefined);
  if (!isFixed && window?.phase.kind === 'ready' && topic) {
    first.current = window.items.find((item) => isUnread(item, topic.record.marks))?.facts.id;
    setIsFixed(true);
  }
  return first.current;
}

function TopicHead({ account, topicRef }: { readonly account: AccountView; readonly topicRef: TopicRef }) {
  const { t } = useText();
  const run = useRun();
  const topic = useTopic(topicRef);
  const { closeTopic } = useNavigation();
  const { session } = useSession();
  const { open } = useDialogs();
  const mayMark = session.kind === 'user' && session.user.role !== 'viewer';
  const record = topic?.record;
  const name = record ? topicName(record, t) : t('common.loading');
  const isWork = topicRef.kind === 'content';
  const picture =
    record?.kind === 'content' ? record.facts?.coverUrl : (record?.facts?.peer?.avatarUrl ?? record?.facts?.avatarUrl);
  const url = record?.kind === 'content' ? safeUrl(record.facts?.url) : undefined;
  const unreadCount = topic?.summary.unreadCount ?? 0;
  return (
    <div className="topic-head">
      <button
        type="button"
        className="btn btn-quiet btn-icon only-narrow"
        aria-label={t('common.back')}
        onClick={closeTopic}
      >
        <BackIcon />
      </button>
      <Avatar id={topicRef.id} name={name} url={picture} sizePx={36} isSquare={isWork} />
      <div className="row-body">
        <h2 className="topic-title truncate" title={name}>
          {name}
        </h2>
        <div className="row-sub truncate">
          {account.record.name} · {t('messages.count', { count: topic?.summary.itemCount ?? 0 })}
        </div>
      </div>
      {url !== undefined && (
        <a className="btn" href={url} target="_blank" rel="noopener noreferrer">
          <LinkIcon />
          <span className="gives-way">{t('works.open')}</span>
        </a>
      )}
      <Badge
        count={unreadCount}
        onExplain={() => open({ kind: 'explain', accountId: topicRef.accountId, topic: topicRef })}
      />
      {mayMark && record && unreadCount > 0 && (
        <button
          type="button"
          className="btn"
          onClick={() => void run('markRead', { topic: topicRef, upToSeq: record.marks.lastArrivedSeq })}
        >
          <CheckIcon />
          <span className="gives-way">{t('messages.markRead')}</span>
        </button>
      )}
    </div>
  );
}
