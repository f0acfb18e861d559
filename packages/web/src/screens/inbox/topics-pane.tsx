import type { TopicKind } from '@hiscrm/shared/model/topic-ref.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useClient } from '../../hooks/client-context.tsx';
import { useListCursor } from '../../hooks/use-list-cursor.ts';
import { useTopics } from '../../hooks/use-replica.ts';
import { useText } from '../../i18n/use-text.ts';
import { useNavigation } from '../../store/navigation.ts';
import { type TopicOrder, usePreferences } from '../../store/preferences.ts';
import type { Tab } from '../../store/route.ts';
import { Empty } from '../../ui/empty.tsx';
import { ChatIcon, CheckIcon, CommentIcon, SearchIcon } from '../../ui/icons.tsx';
import { SkeletonRows } from '../../ui/skeleton-rows.tsx';
import { chooseTopics } from './choose-topics.ts';
import { LoadProblemView } from './load-problem.tsx';
import { TopicRow } from './topic-row.tsx';
import { TopicTabs } from './topic-tabs.tsx';

const ROW_HEIGHT_PX = 66;
/** The next page is asked for when the last row is this near. */
const NEAR_END_ROWS = 20;

/** The works with comments, or the conversations, of one account. */
export function TopicsPane({ account, tab }: { readonly account: AccountView; readonly tab: Exclude<Tab, 'works'> }) {
  const { t } = useText();
  const client = useClient();
  const kind: TopicKind = tab === 'comments' ? 'content' : 'conversation';
  const accountId = account.record.id;
  const list = useTopics(accountId, kind);
  const { onlyUnread, topicOrder, set } = usePreferences();
  const [search, setSearch] = useState('');
  const topics = useMemo(
    () => chooseTopics(list.topics, { search, onlyUnread, order: topicOrder, onlyWithItems: kind === 'content' }),
    [list.topics, search, onlyUnread, topicOrder, kind],
  );
  return (
    <section className="pane pane-topics" aria-label={t('topics.title')}>
      <TopicTabs account={account} tab={tab} />
      <div className="pane-head">
        <div className="search">
          <SearchIcon />
          <input
            className="field"
            type="search"
            data-search="topics"
            value={search}
            placeholder={t('topics.search')}
            aria-label={t('topics.search')}
            onChange={(event) => setSearch(event.target.value)}
          />
        </div>
        <button
          type="button"
          className="btn"
          aria-pressed={onlyUnread}
          onClick={() => set({ onlyUnread: !onlyUnread })}
        >
          {t('topics.onlyUnread')}
        </button>
      </div>
      <div className="pane-tools">
        <span className="num">{t('topics.count', { count: topics.length })}</span>
        <select
          className="plain-select"
          style={{ marginLeft: 'auto' }}
          aria-label={t('order.title')}
          value={topicOrder}
          onChange={(event) => set({ topicOrder: event.target.value as TopicOrder })}
        >
          <option value="newest">{t('order.newest')}</option>
          <option value="unread">{t('order.unread')}</option>
        </select>
      </div>
      {list.phase.kind === 'failed' ? (
        <LoadProblemView problem={list.phase.problem} retry={() => client.loadTopics(accountId, kind)} />
      ) : list.phase.kind !== 'ready' ? (
        <SkeletonRows count={9} />
      ) : topics.length > 0 ? (
        <TopicList topics={topics} tab={tab} loadMore={() => client.replica.loadMoreTopics(accountId, kind)} />
      ) : onlyUnread && search === '' ? (
        <Empty icon={<CheckIcon />} title={t('topics.allRead')} text={t('topics.allReadText')} />
      ) : search !== '' ? (
        <Empty icon={<SearchIcon />} title={t('common.noMatch')} />
      ) : (
        <Empty
          icon={tab === 'comments' ? <CommentIcon /> : <ChatIcon />}
          title={tab === 'comments' ? t('topics.noComments') : t('topics.noMessages')}
          text={t('topics.noneText')}
        />
      )}
    </section>
  );
}

function TopicList(props: { readonly topics: readonly TopicView[]; readonly tab: Tab; readonly loadMore: () => void }) {
  const { topics, tab, loadMore } = props;
  const { t } = useText();
  const scroller = useRef<HTMLDivElement>(null);
  const { route, openTopic } = useNavigation();
  const selectedId = route.screen === 'inbox' ? route.topicId : undefined;
  const virtualizer = useVirtualizer({
    count: topics.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    getItemKey: (at) => topics[at]?.record.id ?? at,
    overscan: 8,
  });
  const { cursorId, optionId, onKeyDown } = useListCursor({
    ids: topics.map(({ record }) => record.id),
    selectedId,
    open: (at) => {
      const topic = topics[at];
      if (topic) openTopic(tab, topic.record.id);
    },
    show: (at) => virtualizer.scrollToIndex(at),
  });
  const rows = virtualizer.getVirtualItems();
  const lastShown = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastShown >= topics.length - NEAR_END_ROWS) loadMore();
  }, [lastShown, topics.length, loadMore]);
  return (
    <div
      className="pane-scroll"
      ref={scroller}
      role="listbox"
      tabIndex={0}
      aria-label={t('topics.title')}
      {...(cursorId !== undefined && { 'aria-activedescendant': optionId(cursorId) })}
      onKeyDown={onKeyDown}
      data-list="topics"
    >
      <div className="virtual" style={{ height: virtualizer.getTotalSize() }}>
        {rows.map(({ key, index, start }) => {
          const topic = topics[index];
          return (
            topic && (
              <div
                key={key}
                className="virtual-row"
                data-index={index}
                ref={virtualizer.measureElement}
                style={{ transform: `translateY(${start}px)` }}
              >
                <TopicRow
                  topic={topic}
                  tab={tab}
                  isSelected={topic.record.id === selectedId}
                  isCursor={topic.record.id === cursorId}
                  optionId={optionId(topic.record.id)}
                />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}
