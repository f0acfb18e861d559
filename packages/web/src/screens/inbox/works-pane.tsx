import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useClient } from '../../hooks/client-context.tsx';
import { useTopics } from '../../hooks/use-replica.ts';
import { useText } from '../../i18n/use-text.ts';
import { usePreferences } from '../../store/preferences.ts';
import { Empty } from '../../ui/empty.tsx';
import { GridIcon, ListIcon, SearchIcon } from '../../ui/icons.tsx';
import { SkeletonRows } from '../../ui/skeleton-rows.tsx';
import { chooseTopics } from './choose-topics.ts';
import { LoadProblemView } from './load-problem.tsx';
import { TopicTabs } from './topic-tabs.tsx';
import { WorkCard } from './work-card.tsx';
import { orderWorks, statWord, WORK_ORDERS } from './work-stats.ts';
import './works.css';

const CARD_WIDTH_PX = 232;
const CARD_HEIGHT_PX = 292;
const LINE_HEIGHT_PX = 96;

/** All works of an account with their figures. */
export function WorksPane({ account }: { readonly account: AccountView }) {
  const { t } = useText();
  const client = useClient();
  const accountId = account.record.id;
  const list = useTopics(accountId, 'content');
  const { worksLayout, worksOrder, set } = usePreferences();
  const [search, setSearch] = useState('');
  const works = useMemo(() => {
    const chosen = chooseTopics(list.topics, { search, onlyUnread: false, order: 'newest', onlyWithItems: false });
    return orderWorks(chosen, worksOrder);
  }, [list.topics, search, worksOrder]);
  // An order over all works needs all works.
  useEffect(() => {
    if (list.hasMore && !list.isLoadingMore) client.replica.loadMoreTopics(accountId, 'content');
  }, [client, accountId, list.hasMore, list.isLoadingMore]);
  return (
    <section className="pane" aria-label={t('tab.works')}>
      <TopicTabs account={account} tab="works" />
      <div className="pane-head">
        <div className="search" style={{ maxWidth: 320 }}>
          <SearchIcon />
          <input
            className="field"
            type="search"
            data-search="topics"
            value={search}
            placeholder={t('works.search')}
            aria-label={t('works.search')}
            onChange={(event) => setSearch(event.target.value)}
          />
        </div>
        <span className="row-sub num">{t('works.count', { count: works.length })}</span>
        <label className="row-sub" style={{ marginLeft: 'auto' }}>
          {t('order.title')}{' '}
          <select
            className="field"
            style={{ width: 'auto' }}
            value={worksOrder}
            onChange={(event) => set({ worksOrder: event.target.value })}
          >
            {WORK_ORDERS.map((order) => (
              <option key={order} value={order}>
                {statWord(order, t)}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          className="btn btn-icon"
          aria-label={worksLayout === 'grid' ? t('works.asList') : t('works.asGrid')}
          onClick={() => set({ worksLayout: worksLayout === 'grid' ? 'list' : 'grid' })}
        >
          {worksLayout === 'grid' ? <ListIcon /> : <GridIcon />}
        </button>
      </div>
      {list.phase.kind === 'failed' ? (
        <LoadProblemView problem={list.phase.problem} retry={() => client.loadTopics(accountId, 'content')} />
      ) : list.phase.kind !== 'ready' ? (
        <SkeletonRows count={8} />
      ) : works.length === 0 ? (
        <Empty
          icon={<GridIcon />}
          title={search ? t('common.noMatch') : t('works.none')}
          text={search ? undefined : t('topics.noneText')}
        />
      ) : (
        <Works works={works} isGrid={worksLayout === 'grid'} />
      )}
    </section>
  );
}

function Works({ works, isGrid }: { readonly works: readonly TopicView[]; readonly isGrid: boolean }) {
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(scroller);
  const perRow = isGrid ? Math.max(1, Math.floor((width - 12) / CARD_WIDTH_PX)) : 1;
  const virtualizer = useVirtualizer({
    count: Math.ceil(works.length / perRow),
    getScrollElement: () => scroller.current,
    estimateSize: () => (isGrid ? CARD_HEIGHT_PX : LINE_HEIGHT_PX),
    overscan: 3,
  });
  return (
    <div className="pane-scroll" ref={scroller} data-list="works">
      <div className="virtual" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start, key }) => (
          <div
            key={key}
            className={isGrid ? 'virtual-row works-grid' : 'virtual-row'}
            data-index={index}
            ref={virtualizer.measureElement}
            style={{ transform: `translateY(${start}px)`, gridTemplateColumns: `repeat(${perRow}, minmax(0, 1fr))` }}
          >
            {works.slice(index * perRow, (index + 1) * perRow).map((work) => (
              <WorkCard key={work.record.id} work={work} isGrid={isGrid} />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

function useWidth(element: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(CARD_WIDTH_PX * 4);
  useEffect(() => {
    const observed = element.current;
    if (!observed) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    observer.observe(observed);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
