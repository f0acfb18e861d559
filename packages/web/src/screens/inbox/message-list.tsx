import type { WindowView } from '@hiscrm/client/replica/open-topic.ts';
import type { ItemId } from '@hiscrm/shared/model/ids.ts';
import type { TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
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
/** This near the bottom counts as being there: new items keep it there. */
const END_THRESHOLD_PX = 80;
/** The page before is asked for when the first row on the screen is this near the top. */
const NEAR_START_ROWS = 30;

/** The items, anchored to the newest: reading further up is never disturbed by what arrives or is loaded. */
export function MessageList(props: {
  readonly account: AccountView;
  readonly topicRef: TopicRef;
  readonly topic: TopicView | undefined;
  readonly window: WindowView;
  readonly rows: readonly Row[];
}) {
  const { topicRef, topic, window, rows } = props;
  const { t } = useText();
  const client = useClient();
  const { session } = useSession();
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 8,
    paddingStart: 12,
    paddingEnd: 12,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: END_THRESHOLD_PX,
  });
  const shown = virtualizer.getVirtualItems();
  const offset = virtualizer.scrollOffset ?? 0;
  const bottom = offset + (virtualizer.scrollRect?.height ?? 0);
  const visibleIds = shown.flatMap(({ index, start, end }): ItemId[] => {
    const row = rows[index];
    return row?.kind === 'item' && end > offset && start < bottom ? [row.item.facts.id] : [];
  });
  useReadMarks({
    topicRef,
    topic,
    items: window.items,
    visibleIds,
    mayMark: session.kind === 'user' && session.user.role !== 'viewer',
  });
  const firstIndex = shown[0]?.index ?? Number.POSITIVE_INFINITY;
  const isNearStart = firstIndex <= NEAR_START_ROWS && window.hasOlder && !window.isLoadingOlder;
  useEffect(() => {
    if (isNearStart) client.replica.loadOlder(topicRef);
  }, [client, isNearStart, topicRef]);
  useStartAtEnd(rows.length, () => virtualizer.scrollToEnd());
  useFocusItem(rows, (index) => virtualizer.scrollToIndex(index, { align: 'center' }));
  const unreadAbove = indexOfUnreadAbove(rows, topic, firstVisibleIndex(shown, offset));
  const isAway = shown.length > 0 && !virtualizer.isAtEnd(END_THRESHOLD_PX * 3);
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
          {shown.map(({ key, index, start }) => {
            const row = rows[index];
            return (
              row && (
                <div
                  key={key}
                  className="virtual-row"
                  data-index={index}
                  ref={virtualizer.measureElement}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <RowView {...props} row={row} />
                </div>
              )
            );
          })}
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
      {isAway && (
        <button type="button" className="btn to-newest" onClick={() => virtualizer.scrollToEnd()}>
          <DownIcon />
          {t('messages.toNewest')}
        </button>
      )}
    </div>
  );
}

function firstVisibleIndex(shown: readonly { readonly index: number; readonly end: number }[], offset: number): number {
  return shown.find(({ end }) => end > offset)?.index ?? 0;
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

function RowView(props: {
  readonly account: AccountView;
  readonly topicRef: TopicRef;
  readonly topic: TopicView | undefined;
  readonly row: Row;
}) {
  const { t, locale } = useText();
  const now = useNow();
  const { row } = props;
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
      return <ItemRow {...props} row={row} />;
    case 'reply':
      return <ReplyRow topicRef={props.topicRef} reply={row.reply} depth={row.depth} account={props.account} />;
    default:
      return row satisfies never;
  }
}

/** Begins at the newest, once, as soon as there is something. */
function useStartAtEnd(count: number, scrollToEnd: () => void): void {
  const hasStarted = useRef(false);
  useEffect(() => {
    if (hasStarted.current || count === 0) return;
    hasStarted.current = true;
    scrollToEnd();
  });
}

/** Brings the item that something else pointed at into view, once it is loaded. */
function useFocusItem(rows: readonly Row[], scrollToIndex: (index: number) => void): void {
  const { focusItemId, focused } = useNavigation();
  useEffect(() => {
    if (focusItemId === undefined) return;
    const index = rows.findIndex((row) => row.kind === 'item' && row.item.facts.id === focusItemId);
    if (index < 0) return;
    // After the first scroll to the end has been done.
    const timer = setTimeout(() => {
      scrollToIndex(index);
      focused();
    }, 50);
    return () => clearTimeout(timer);
  });
}
