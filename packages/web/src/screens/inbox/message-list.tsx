import type { WindowView } from '@hiscrm/client/replica/open-topic.ts';
import type { ItemId } from '@hiscrm/shared/model/ids.ts';
import type { TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useEffect, useRef } from 'react';
import { useClient } from '../../hooks/client-context.tsx';
import { useNow } from '../../hooks/use-now.ts';
import { useText } from '../../i18n/use-text.ts';
import { dayText } from '../../lib/time-text.ts';
import { useNavigation } from '../../store/navigation.ts';
import { useSession } from '../../store/session.ts';
import { DownIcon, UpIcon } from '../../ui/icons.tsx';
import type { Row } from './build-rows.ts';
import { ItemRow } from './item-row.tsx';
import { ReplyRow } from './reply-row.tsx';
import { useReadMarks } from './use-read-marks.ts';

const ROW_HEIGHT_PX = 76;
/** More rows than the tallest screen shows, whatever their height. */
const SURELY_SCROLLS_ROWS = 80;
/** This near the bottom counts as being there: new items keep it there. */
const END_THRESHOLD_PX = 80;
/** The page before is asked for when the first row on the screen is this near the top. */
const NEAR_START_ROWS = 30;

type Shown = {
  readonly account: AccountView;
  readonly topicRef: TopicRef;
  readonly topic: TopicView | undefined;
};

/** The items, anchored to the newest: reading further up is never disturbed by what arrives or is loaded. */
export function MessageList(props: Shown & { readonly window: WindowView; readonly rows: readonly Row[] }) {
  const { topicRef, topic, window, rows } = props;
  const { t } = useText();
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 8,
    paddingStart: 12,
    paddingEnd: 12,
    // At the end from the first frame: rows of the beginning would be drawn for nothing and ask for the page before them. Where
    // all may fit on the screen it stays 0: an offset that the browser cannot take is never corrected, as nothing scrolls.
    initialOffset: () => (rows.length > SURELY_SCROLLS_ROWS ? rows.length * ROW_HEIGHT_PX : 0),
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: END_THRESHOLD_PX,
  });
  const drawn = virtualizer.getVirtualItems();
  const top = virtualizer.scrollOffset ?? 0;
  const visible = drawn.filter(({ start, end }) => end > top && start < top + (virtualizer.scrollRect?.height ?? 0));
  useMarks(props, visible);
  useOlder(topicRef, window, drawn[0]?.index);
  useStayAtEnd(scroller, virtualizer);
  useFocusItem(props, (index) => virtualizer.scrollToIndex(index, { align: 'center' }));
  const unreadAbove = indexOfUnreadAbove(rows, topic, visible[0]?.index ?? 0);
  return (
    <div className="messages">
      <div
        className="pane-scroll messages-scroll"
        ref={scroller}
        role="log"
        aria-label={t('messages.title')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        data-list="messages"
      >
        {window.isLoadingOlder && <div className="messages-loading">{t('messages.loadingOlder')}</div>}
        <div className="virtual" style={{ height: virtualizer.getTotalSize() }}>
          {drawn.map(({ key, index, start }) => (
            <div
              key={key}
              className="virtual-row"
              data-index={index}
              ref={virtualizer.measureElement}
              style={{ transform: `translateY(${start}px)` }}
            >
              <RowView {...props} row={rows[index]} />
            </div>
          ))}
        </div>
      </div>
      {unreadAbove !== undefined && (
        <button
          type="button"
          className="btn to-unread"
          onClick={() => virtualizer.scrollToIndex(unreadAbove, { align: 'center' })}
        >
          <UpIcon />
          {t('messages.unreadAbove')}
        </button>
      )}
      {drawn.length > 0 && !virtualizer.isAtEnd(END_THRESHOLD_PX * 3) && (
        <button type="button" className="btn to-newest" onClick={() => virtualizer.scrollToEnd()}>
          <DownIcon />
          {t('messages.toNewest')}
        </button>
      )}
    </div>
  );
}

/** Marks as read what is on the screen; a viewer marks nothing. */
function useMarks(
  { topicRef, topic, window, rows }: Shown & { readonly window: WindowView; readonly rows: readonly Row[] },
  visible: readonly { readonly index: number }[],
): void {
  const { session } = useSession();
  const visibleIds = visible.flatMap(({ index }): ItemId[] => {
    const row = rows[index];
    return row?.kind === 'item' ? [row.item.facts.id] : [];
  });
  const mayMark = session.kind === 'user' && session.user.role !== 'viewer';
  useReadMarks({ topicRef, topic, items: window.items, visibleIds, mayMark });
}

/** Asks for the page before when the beginning is near. */
function useOlder(topicRef: TopicRef, window: WindowView, firstIndex: number | undefined): void {
  const client = useClient();
  const isNear = firstIndex !== undefined && firstIndex <= NEAR_START_ROWS;
  const isWanted = isNear && window.hasOlder && !window.isLoadingOlder;
  useEffect(() => {
    if (isWanted) client.replica.loadOlder(topicRef);
  }, [client, isWanted, topicRef]);
}

/** The nearest unread item above what is on the screen, or undefined. */
function indexOfUnreadAbove(
  rows: readonly Row[],
  topic: TopicView | undefined,
  firstVisible: number,
): number | undefined {
  if (!topic || topic.summary.unreadCount === 0) return undefined;
  for (let index = firstVisible - 1; index >= 0; index--) {
    const row = rows[index];
    if (row?.kind === 'item' && isUnread(row.item, topic.record.marks)) return index;
  }
  return undefined;
}

function RowView(props: Shown & { readonly row: Row | undefined }) {
  const { t, locale } = useText();
  const now = useNow();
  const { row } = props;
  if (!row) return null;
  switch (row.kind) {
    case 'day':
      return (
        <div className="divider">
          <span>{dayText(row.at, now, locale)}</span>
        </div>
      );
    case 'unread':
      return (
        <div className="divider divider-unread">
          <span>{t('messages.unreadBelow')}</span>
        </div>
      );
    case 'item':
      return <ItemRow account={props.account} topicRef={props.topicRef} topic={props.topic} row={row} />;
    case 'reply':
      return <ReplyRow topicRef={props.topicRef} reply={row.reply} depth={row.depth} account={props.account} />;
    default:
      return row satisfies never;
  }
}

/** Begins at the newest, and stays there when the composer takes or gives room. */
function useStayAtEnd(
  scroller: RefObject<HTMLDivElement | null>,
  virtualizer: { readonly isAtEnd: (thresholdPx: number) => boolean; readonly scrollToEnd: () => void },
): void {
  const latest = useRef(virtualizer);
  latest.current = virtualizer;
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    latest.current.scrollToEnd();
    let wasAtEnd = true;
    const onScroll = (): void => {
      wasAtEnd = latest.current.isAtEnd(END_THRESHOLD_PX);
    };
    const observer = new ResizeObserver(() => {
      if (wasAtEnd) latest.current.scrollToEnd();
    });
    element.addEventListener('scroll', onScroll, { passive: true });
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', onScroll);
      observer.disconnect();
    };
  }, [scroller]);
}

/** Brings the item that something else pointed at into view; loads older pages until it is there. */
function useFocusItem(
  { topicRef, window, rows }: Shown & { readonly window: WindowView; readonly rows: readonly Row[] },
  scrollToIndex: (index: number) => void,
): void {
  const client = useClient();
  const { focusItemId, focused } = useNavigation();
  useEffect(() => {
    if (focusItemId === undefined) return;
    const index = rows.findIndex((row) => row.kind === 'item' && row.item.facts.id === focusItemId);
    if (index < 0) {
      if (window.hasOlder) client.replica.loadOlder(topicRef);
      return;
    }
    // After the first scroll to the end has been done.
    const timer = setTimeout(() => {
      scrollToIndex(index);
      focused();
    }, 50);
    return () => clearTimeout(timer);
  });
}
