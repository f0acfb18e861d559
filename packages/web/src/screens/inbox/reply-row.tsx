import { type TopicRef, topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import { errorText } from '@hiscrm/shared/protocol/errors.ts';
import { useClient } from '../../hooks/client-context.tsx';
import { useConnection } from '../../hooks/use-replica.ts';
import { useRun } from '../../hooks/use-run.ts';
import { useText } from '../../i18n/use-text.ts';
import { useDrafts } from '../../store/drafts.ts';
import { useHiddenReplies } from '../../store/hidden-replies.ts';
import { useSession } from '../../store/session.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { AlertIcon, CheckIcon, ClockIcon } from '../../ui/icons.tsx';
import { Time } from '../../ui/time.tsx';
import { focusComposer } from './focus-composer.ts';
import { accountName } from './names.ts';
import { REJECTION_WORDS, STATE_WORDS } from './reply-words.ts';
import type { ShownReply } from './shown-replies.ts';

const INDENT_PX = 34;

/** A reply under way, or one whose end somebody must hear of. It never claims more than is known (P4). */
export function ReplyRow(props: {
  readonly account: AccountView;
  readonly topicRef: TopicRef;
  readonly reply: ShownReply;
  readonly depth: number;
}) {
  const { reply, account } = props;
  const { record } = account;
  return (
    <article
      className="item item-own"
      style={{ paddingLeft: 16 + Math.min(props.depth, 4) * INDENT_PX }}
      data-reply={reply.state.kind}
    >
      <Avatar id={record.id} name={accountName(record)} url={record.profile?.avatarUrl} sizePx={36} />
      <div className="item-main">
        <div className="item-meta">
          <span className="item-author truncate">{accountName(record)}</span>
          <Time at={reply.at} />
        </div>
        <div className="bubble bubble-pending">
          <span className="item-text">{reply.text}</span>
        </div>
        <ReplyState reply={reply} topicRef={props.topicRef} />
      </div>
    </article>
  );
}

function ReplyState({ reply, topicRef }: { readonly reply: ShownReply; readonly topicRef: TopicRef }) {
  const { t, locale } = useText();
  const connection = useConnection();
  const { state } = reply;
  const words =
    state.kind === 'sending' && connection.kind !== 'live' ? 'reply.waitingForLink' : STATE_WORDS[state.kind];
  const tone =
    state.kind === 'rejected' || state.kind === 'refused'
      ? ' status-bad'
      : state.kind === 'unknown' || state.kind === 'expired'
        ? ' status-warn'
        : '';
  const why =
    state.kind === 'rejected'
      ? t(REJECTION_WORDS[state.reason])
      : state.kind === 'refused'
        ? errorText(state.error.code, state.error.details ?? {}, locale === 'en' ? 'en' : 'zh')
        : undefined;
  const detail = 'detail' in state ? state.detail : undefined;
  return (
    <div className={`reply-state${tone}`} role="status">
      {state.kind === 'sent' ? <CheckIcon /> : tone === '' ? <ClockIcon /> : <AlertIcon />}
      <span>
        {t(words)}
        {why !== undefined && ` ${why}`}
        {detail !== undefined && ` (${detail})`}
      </span>
      <ReplyActions reply={reply} topicRef={topicRef} />
    </div>
  );
}

function ReplyActions({ reply, topicRef }: { readonly reply: ShownReply; readonly topicRef: TopicRef }) {
  const { t } = useText();
  const client = useClient();
  const run = useRun();
  const { session } = useSession();
  const { put } = useDrafts();
  const { hide } = useHiddenReplies();
  if (session.kind !== 'user' || session.user.role === 'viewer') return null;
  const { replyId, state } = reply;
  if (state.kind === 'unknown' && replyId !== undefined)
    return (
      <span className="reply-actions">
        <button
          type="button"
          className="btn btn-small"
          onClick={() => void run('settleReply', { replyId, wasSent: true })}
        >
          {t('reply.wasSent')}
        </button>
        <button
          type="button"
          className="btn btn-small"
          onClick={() => void run('settleReply', { replyId, wasSent: false })}
        >
          {t('reply.wasNotSent')}
        </button>
      </span>
    );
  if (state.kind !== 'rejected' && state.kind !== 'expired' && state.kind !== 'refused') return null;
  const putAway = (): void => {
    hide(reply.key);
    client.dismissReply(reply.key);
  };
  const takeBack = (): void => {
    put(topicKey(topicRef), { text: reply.text, ...(reply.toItemId && { toItemId: reply.toItemId }) });
    putAway();
    focusComposer();
  };
  return (
    <span className="reply-actions">
      <button type="button" className="btn btn-small" onClick={takeBack}>
        {t('reply.edit')}
      </button>
      <button type="button" className="btn btn-quiet btn-small" onClick={putAway}>
        {t('reply.putAway')}
      </button>
    </span>
  );
}
