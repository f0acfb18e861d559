import { NOTICE_PRIORITIES } from '@hiscrm/shared/model/notice.ts';
import { errorText } from '@hiscrm/shared/protocol/errors.ts';
import { Alert, Button, Input, Select, Table, type TableProps } from 'antd';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { useText } from '../../i18n/use-text.ts';
import { exactCount } from '../../lib/count-text.ts';
import { fullTime } from '../../lib/time-text.ts';
import { type Filters, type NoticeStatus, noticeApi, type Page, type SentNotice } from '../../link/notice-api.ts';
import type { RestOutcome } from '../../link/rest.ts';
import { typeWord } from '../notices/notice-words.ts';
import { PriorityTag } from '../notices/priority-tag.tsx';
import './console.css';
import { STATUS_WORDS, targetWords } from './record-words.ts';

const NoticeDrawer = lazy(async () => ({ default: (await import('./notice-drawer.tsx')).NoticeDrawer }));
const PAGE_COUNT = 20;
const FIRST: Filters = { page: 1, page_size: PAGE_COUNT, sort_by: 'created_at', sort_order: 'desc' };
type Columns = NonNullable<TableProps<SentNotice>['columns']>;

/** Notices sent and planned, with how far each has come. */
export function RecordsPanel() {
  const { t, locale } = useText();
  const [filters, setFilters] = useState<Filters>(FIRST);
  const { outcome, isLoading, reload } = useSent(filters);
  const [openId, setOpenId] = useState<string>();
  const found = outcome?.kind === 'done' ? outcome.value : undefined;
  const narrow = (patch: Filters): void => setFilters((known) => ({ ...known, ...patch, page: 1 }));
  const opened = found?.items.find(({ message_id }) => message_id === openId);
  return (
    <>
      <RecordFilters narrow={narrow} reload={reload} />
      {outcome?.kind === 'failed' && <Alert type="error" showIcon title={t('error.noAnswer')} />}
      {outcome?.kind === 'refused' && (
        <Alert
          type="error"
          showIcon
          title={errorText(outcome.error.code, outcome.error.details ?? {}, locale === 'en' ? 'en' : 'zh')}
        />
      )}
      <Table<SentNotice>
        rowKey="message_id"
        size="middle"
        scroll={{ x: 'max-content' }}
        loading={isLoading}
        dataSource={[...(found?.items ?? [])]}
        columns={useColumns(setOpenId)}
        pagination={{
          current: found?.page ?? 1,
          pageSize: PAGE_COUNT,
          total: found?.total ?? 0,
          showSizeChanger: false,
          showTotal: (total) =>
            found?.total_is_exact === false
              ? t('console.atLeast', { count: exactCount(total, locale) })
              : t('explain.count', { count: exactCount(total, locale) }),
        }}
        onChange={({ current }, _filters, sorter) => {
          const { field, order } = Array.isArray(sorter) ? {} : sorter;
          const sort_by = order && typeof field === 'string' ? field : 'created_at';
          setFilters({ ...filters, page: current, sort_by, sort_order: order === 'ascend' ? 'asc' : 'desc' });
        }}
      />
      {opened && (
        <Suspense fallback={null}>
          <NoticeDrawer notice={opened} close={() => setOpenId(undefined)} changed={reload} />
        </Suspense>
      )}
    </>
  );
}

function useSent(filters: Filters): {
  readonly outcome: RestOutcome<Page<SentNotice>> | undefined;
  readonly isLoading: boolean;
  readonly reload: () => void;
} {
  const [outcome, setOutcome] = useState<RestOutcome<Page<SentNotice>>>();
  const [asked, setAsked] = useState(0);
  const [isLoading, setLoading] = useState(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` asks again
  useEffect(() => {
    let isOver = false;
    setLoading(true);
    void noticeApi.sent(filters).then((answer) => {
      if (isOver) return;
      setOutcome(answer);
      setLoading(false);
    });
    return () => {
      isOver = true;
    };
  }, [filters, asked]);
  return { outcome, isLoading, reload: useCallback(() => setAsked((count) => count + 1), []) };
}

function RecordFilters(props: { readonly narrow: (patch: Filters) => void; readonly reload: () => void }) {
  const { t } = useText();
  const { narrow } = props;
  const days = (name: 'start_date' | 'end_date', label: string) => (
    <input
      type="date"
      className="field console-day"
      aria-label={label}
      title={label}
      onChange={({ target }) => narrow({ [name]: localDay(target.value, name === 'end_date') })}
    />
  );
  return (
    <div className="admin-form">
      <Input.Search
        style={{ width: 200 }}
        allowClear
        maxLength={100}
        placeholder={t('console.keyword')}
        aria-label={t('console.keyword')}
        onSearch={(keyword) => narrow({ keyword: keyword.trim() })}
      />
      <Select
        style={{ width: 116 }}
        allowClear
        placeholder={t('console.status')}
        aria-label={t('console.status')}
        options={(Object.keys(STATUS_WORDS) as NoticeStatus[]).map((value) => ({
          value,
          label: t(STATUS_WORDS[value]),
        }))}
        onChange={(status?: NoticeStatus) => narrow({ status })}
      />
      <Input.Search
        style={{ width: 150 }}
        allowClear
        maxLength={64}
        placeholder={t('console.typeName')}
        aria-label={t('console.typeName')}
        onSearch={(type) => narrow({ type: type.trim() })}
      />
      {days('start_date', t('console.fromDay'))}
      {days('end_date', t('console.toDay'))}
      <Button onClick={props.reload}>{t('console.reload')}</Button>
    </div>
  );
}

/** A day as its reader means it: local, to its last millisecond where it is the end. */
function localDay(day: string, isEnd: boolean): number | undefined {
  if (day === '') return undefined;
  return new Date(`${day}T${isEnd ? '23:59:59.999' : '00:00:00'}`).getTime();
}

function useColumns(open: (messageId: string) => void): Columns {
  const { t, locale } = useText();
  const part = (count: number, total: number) => (
    <span className="num">
      {t('console.of', { count: exactCount(count, locale), total: exactCount(total, locale) })}
    </span>
  );
  return [
    {
      title: t('console.title'),
      render: (_, notice) => (
        <button type="button" className="console-link" onClick={() => open(notice.message_id)}>
          {notice.title ?? notice.content.slice(0, 60)}
        </button>
      ),
    },
    { title: t('console.type'), dataIndex: 'type', sorter: true, render: (_, { type }) => typeWord(type, t) },
    {
      title: t('console.priority'),
      dataIndex: 'priority',
      sorter: true,
      render: (_, { priority }) => (
        <PriorityTag priority={NOTICE_PRIORITIES.find((each) => each === priority) ?? 'normal'} />
      ),
    },
    { title: t('console.target'), render: (_, { target }) => targetWords(target, t) },
    {
      title: t('console.status'),
      dataIndex: 'status',
      sorter: true,
      render: (_, { status }) => t(STATUS_WORDS[status]),
    },
    { title: t('console.delivered'), render: (_, { stats }) => part(stats.received, stats.total) },
    { title: t('console.read'), render: (_, { stats }) => part(stats.read, stats.total) },
    {
      title: t('console.confirmed'),
      render: (_, { stats, need_confirm }) => (need_confirm ? part(stats.confirmed, stats.total) : '–'),
    },
    {
      title: t('console.when'),
      dataIndex: 'created_at',
      sorter: true,
      defaultSortOrder: 'descend',
      render: (_, notice) => fullTime(Date.parse(notice.sent_at ?? notice.send_at ?? notice.created_at), locale),
    },
  ];
}
