import { Alert, Button, Drawer, Popconfirm, Table } from 'antd';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useText } from '../../i18n/use-text.ts';
import { exactCount } from '../../lib/count-text.ts';
import { fullTime } from '../../lib/time-text.ts';
import { noticeApi, type Page, type ReceiveRecord, type SentNotice } from '../../link/notice-api.ts';
import type { RestOutcome } from '../../link/rest.ts';
import { useToasts } from '../../store/toasts.ts';
import { NoticeCard } from '../notices/notice-card.tsx';
import { NoticeProgress } from './notice-progress.tsx';

const ReceiptChart = lazy(async () => ({ default: (await import('./receipt-chart.tsx')).ReceiptChart }));
/** A curve needs every record in the page; more recipients than these are shown by their counts alone. */
const CHART_LIMIT_COUNT = 5_000;
const ROSTER_PAGE_COUNT = 20;

/** One notice: its words, how far it has come, who has not confirmed, and the way to take it back. */
export function NoticeDrawer(props: {
  readonly notice: SentNotice;
  readonly close: () => void;
  readonly changed: () => void;
}) {
  const { t } = useText();
  const { notice, changed } = props;
  const { message_id: messageId, need_confirm: needConfirm, stats, status } = notice;
  const { tell } = useToasts();
  const recall = async (): Promise<void> => {
    const outcome = await noticeApi.recall(messageId);
    tell(outcome.kind === 'done' ? t('console.recalled') : t('error.noAnswer'), outcome.kind !== 'done');
    changed();
  };
  const isOut = status !== 'scheduled';
  return (
    <Drawer open title={t('console.notice')} onClose={props.close} size={620}>
      <NoticeCard
        notice={{ ...notice, title: notice.title ?? undefined, time: Date.parse(notice.sent_at ?? notice.created_at) }}
        from={messageId}
      />
      {isOut && <NoticeProgress messageId={messageId} needConfirm={needConfirm} />}
      {isOut && stats.received > 0 && stats.total <= CHART_LIMIT_COUNT && (
        <Suspense fallback={null}>
          <ReceiptChart messageId={messageId} sentAt={Date.parse(notice.sent_at ?? notice.created_at)} />
        </Suspense>
      )}
      {isOut && needConfirm && <Missing messageId={messageId} />}
      {(status === 'sent' || status === 'scheduled') && (
        <Popconfirm title={t('console.recallAsk')} onConfirm={() => void recall()}>
          <Button danger>{t('console.recall')}</Button>
        </Popconfirm>
      )}
    </Drawer>
  );
}

function Missing({ messageId }: { readonly messageId: string }) {
  const { t, locale } = useText();
  const [page, setPage] = useState(1);
  const [outcome, setOutcome] = useState<RestOutcome<Page<ReceiveRecord>>>();
  useEffect(() => {
    let isOver = false;
    const filters = { message_id: messageId, is_confirmed: false, page, page_size: ROSTER_PAGE_COUNT };
    void noticeApi.receipts(filters).then((answer) => {
      if (!isOver) setOutcome(answer);
    });
    return () => {
      isOver = true;
    };
  }, [messageId, page]);
  const found = outcome?.kind === 'done' ? outcome.value : undefined;
  const time = (at: string | null): string => (at === null ? '–' : fullTime(Date.parse(at), locale));
  return (
    <section className="console-roster">
      <header className="row-line">
        <h3 className="row-title">{t('console.missing', { count: exactCount(found?.total ?? 0, locale) })}</h3>
        <a className="btn btn-small" href={noticeApi.rosterFile(messageId, 'csv')} download={`${messageId}.csv`}>
          CSV
        </a>
        <a className="btn btn-small" href={noticeApi.rosterFile(messageId, 'json')} download={`${messageId}.json`}>
          JSON
        </a>
      </header>
      {outcome && outcome.kind !== 'done' && <Alert type="error" showIcon title={t('error.noAnswer')} />}
      <Table<ReceiveRecord>
        rowKey="user_id"
        size="small"
        scroll={{ x: 'max-content' }}
        loading={outcome === undefined}
        dataSource={[...(found?.items ?? [])]}
        pagination={{
          current: page,
          pageSize: ROSTER_PAGE_COUNT,
          total: found?.total ?? 0,
          showSizeChanger: false,
          hideOnSinglePage: true,
          onChange: setPage,
        }}
        columns={[
          { title: t('login.username'), dataIndex: 'username' },
          { title: t('console.delivered'), render: (_, record) => time(record.received_at) },
          { title: t('console.read'), render: (_, record) => time(record.read_at) },
        ]}
      />
    </section>
  );
}
