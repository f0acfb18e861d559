import type { Outcome } from '@hiscrm/client/outcome.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import { topicKindOf } from '@hiscrm/shared/model/topic-ref.ts';
import { errorText } from '@hiscrm/shared/protocol/errors.ts';
import type { ItemCursor, QueryResults } from '@hiscrm/shared/protocol/queries.ts';
import { Modal } from 'antd';
import { useEffect, useState } from 'react';
import { useClient } from '../../hooks/client-context.tsx';
import { useNow } from '../../hooks/use-now.ts';
import { useAccount, useTopic } from '../../hooks/use-replica.ts';
import { useText } from '../../i18n/use-text.ts';
import { useNavigation } from '../../store/navigation.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { SkeletonRows } from '../../ui/skeleton-rows.tsx';
import { Time } from '../../ui/time.tsx';
import { type Dialog, useDialogs } from './dialogs-store.ts';
import { authorName, mediaWord, topicName } from './names.ts';

const PAGE_COUNT = 50;
type Explain = Extract<Dialog, { kind: 'explain' }>;

/** Why a badge says what it says: the very items that it counts (P5). A click leads to one. */
export function ExplainDialog({ dialog }: { readonly dialog: Explain }) {
  const { t, locale } = useText();
  const { close } = useDialogs();
  const account = useAccount(dialog.accountId);
  const client = useClient();
  // Names of works and peers come with their lists.
  useEffect(() => {
    client.loadTopics(dialog.accountId, 'content');
    client.loadTopics(dialog.accountId, 'conversation');
  }, [client, dialog.accountId]);
  const { items, totalCount, nextBefore, problem, more } = useUnreadItems(dialog);
  return (
    <Modal open title={t('explain.title')} footer={null} onCancel={close} width={560}>
      <p className="row-sub">
        {account?.record.name} · {t('explain.count', { count: totalCount ?? 0 })} · {t('explain.rule')}
      </p>
      <div style={{ maxHeight: '60vh', overflowY: 'auto', margin: '8px -14px 0' }}>
        {problem ? (
          <p className="login-error" role="alert">
            {problem.kind === 'refused'
              ? errorText(problem.error.code, problem.error.details ?? {}, locale === 'en' ? 'en' : 'zh')
              : t('error.noAnswer')}
          </p>
        ) : totalCount === undefined ? (
          <SkeletonRows count={4} />
        ) : (
          items.map((item) => <UnreadItem key={`${item.facts.topicId}:${item.facts.id}`} item={item} />)
        )}
        {nextBefore && (
          <div style={{ padding: 12, textAlign: 'center' }}>
            <button type="button" className="btn" onClick={() => more(nextBefore)}>
              {t('explain.more')}
            </button>
          </div>
        )}
      </div>
    </Modal>
  );
}

function useUnreadItems(dialog: Explain) {
  const client = useClient();
  const [pages, setPages] = useState<readonly QueryResults['unreadItems'][]>([]);
  const [before, setBefore] = useState<ItemCursor>();
  const [problem, setProblem] = useState<Exclude<Outcome<unknown>, { kind: 'done' }>>();
  const { accountId, topicKind, topic } = dialog;
  useEffect(() => {
    const abort = new AbortController();
    const params = {
      accountId,
      limit: PAGE_COUNT,
      ...(topicKind && { kind: topicKind }),
      ...(topic && { topic }),
      ...(before && { before }),
    };
    void client.unreadItems(params, abort.signal).then((outcome) => {
      if (outcome.kind === 'done') setPages((known) => (before ? [...known, outcome.value] : [outcome.value]));
      else if (outcome.kind === 'refused' || outcome.why !== 'aborted') setProblem(outcome);
    });
    return () => abort.abort();
  }, [client, accountId, topicKind, topic, before]);
  return {
    items: pages.flatMap(({ items }) => items),
    totalCount: pages[0]?.totalCount,
    nextBefore: pages.at(-1)?.nextBefore,
    problem,
    more: setBefore,
  };
}

function UnreadItem({ item }: { readonly item: ItemRecord }) {
  const { t } = useText();
  const now = useNow();
  const { go } = useNavigation();
  const { close } = useDialogs();
  const { facts, accountId } = item;
  const kind = topicKindOf(facts.kind);
  const topic = useTopic({ accountId, kind, id: facts.topicId });
  const [media] = facts.media ?? [];
  const jump = (): void => {
    close();
    const tab = kind === 'content' ? 'comments' : 'messages';
    go({ screen: 'inbox', accountId, tab, topicId: facts.topicId }, facts.id);
  };
  return (
    <button type="button" className="row" style={{ border: 0, background: 'none', textAlign: 'left' }} onClick={jump}>
      <Avatar
        id={facts.author?.id ?? facts.id}
        name={authorName(item, { topic: topic?.record }, t)}
        url={facts.author?.avatarUrl}
        sizePx={34}
      />
      <span className="row-body" style={{ display: 'block' }}>
        <span className="row-line">
          <span className="row-title truncate">{authorName(item, { topic: topic?.record }, t)}</span>
          <Time className="row-time" at={facts.at} now={now} />
        </span>
        <span className="row-text truncate" style={{ display: 'block' }}>
          {facts.text || (media ? `[${mediaWord(media.kind, t)}]` : t('media.unsupportedText'))}
        </span>
        {topic && (
          <span className="row-sub truncate" style={{ display: 'block' }}>
            {topicName(topic.record, t)}
          </span>
        )}
      </span>
    </button>
  );
}
