import type { ItemId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import { REPLY_TEXT_LIMIT_CHARS } from '@hiscrm/shared/model/reply.ts';
import { type TopicRef, topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import type { CommandParams } from '@hiscrm/shared/protocol/commands.ts';
import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { type KeyboardEvent, useLayoutEffect, useRef } from 'react';
import { useText } from '../../i18n/use-text.ts';
import type { TextKey } from '../../i18n/zh-cn.ts';
import { type Draft, useDrafts } from '../../store/drafts.ts';
import { useSession } from '../../store/session.ts';
import { CloseIcon, ReplyIcon, SendIcon } from '../../ui/icons.tsx';
import { authorName } from './names.ts';
import { blockedBecause } from './session-words.ts';
import { useSeenSeq } from './use-seen-seq.ts';
import { useSendReply } from './use-send-reply.ts';

/** The count is shown when it is this near to the limit. */
const SHOW_COUNT_FROM_CHARS = 1_500;
const HEIGHT_LIMIT_PX = 200;
const NO_DRAFT: Draft = { text: '' };

type Where = {
  readonly account: AccountView;
  readonly topicRef: TopicRef;
  readonly topic: TopicView | undefined;
};

/** Writes answers. Enter sends, Shift+Enter makes a line, and an input method's Enter only ends its composition. */
export function Composer(props: Where & { readonly items: readonly ItemRecord[] }) {
  const { account, topicRef, topic } = props;
  const { t } = useText();
  const key = topicKey(topicRef);
  const { text, toItemId } = useDrafts(({ byTopic }) => byTopic[key]) ?? NO_DRAFT;
  const { put } = useDrafts();
  const send = useSendReply();
  const seenSeq = useSeenSeq(topic);
  const blocked = useBlocked(account, topic);
  const isTooLong = text.length > REPLY_TEXT_LIMIT_CHARS;
  const maySend = blocked === undefined && text.trim() !== '' && !isTooLong && topic !== undefined;
  const submit = (): void => {
    if (!maySend) return;
    const reply: CommandParams<'sendReply'> = { topic: topicRef, text: text.trim(), ...(toItemId && { toItemId }) };
    put(key, { text: '' });
    void send(reply, topicRef.kind === 'conversation' ? seenSeq : undefined);
  };
  return (
    <div className="composer">
      {toItemId !== undefined && <Target {...props} toItemId={toItemId} cancel={() => put(key, { text })} />}
      {blocked !== undefined && (
        <div className="composer-blocked" role="status">
          {t(blocked)}
        </div>
      )}
      <div className="composer-line">
        <Field
          text={text}
          isDisabled={blocked !== undefined && text === ''}
          placeholder={topicRef.kind === 'content' && !toItemId ? t('composer.onWork') : t('composer.placeholder')}
          change={(value) => put(key, { text: value, ...(toItemId && { toItemId }) })}
          submit={submit}
          cancel={() => toItemId !== undefined && put(key, { text })}
        />
        <button type="button" className="btn btn-primary" disabled={!maySend} onClick={submit}>
          <SendIcon />
          {t('composer.send')}
        </button>
      </div>
      <div className="composer-hint" id="composer-hint">
        <span>{t('composer.hint')}</span>
        {text.length >= SHOW_COUNT_FROM_CHARS && (
          <span className={isTooLong ? 'num status-bad' : 'num'} role={isTooLong ? 'alert' : undefined}>
            {text.length} / {REPLY_TEXT_LIMIT_CHARS}
          </span>
        )}
      </div>
    </div>
  );
}

/** Whom the answer is for. */
function Target(
  props: Where & { readonly items: readonly ItemRecord[]; readonly toItemId: ItemId; readonly cancel: () => void },
) {
  const { t } = useText();
  const target = props.items.find(({ facts }) => facts.id === props.toItemId);
  const where = { account: props.account.record, topic: props.topic?.record };
  return (
    <div className="composer-target">
      <ReplyIcon />
      <span className="truncate">
        {target
          ? t('composer.target', { name: authorName(target, where, t), text: target.facts.text })
          : t('composer.targetGone')}
      </span>
      <button
        type="button"
        className="btn btn-quiet btn-small"
        aria-label={t('composer.cancelTarget')}
        onClick={props.cancel}
      >
        <CloseIcon />
      </button>
    </div>
  );
}

function Field(props: {
  readonly text: string;
  readonly isDisabled: boolean;
  readonly placeholder: string;
  readonly change: (text: string) => void;
  readonly submit: () => void;
  readonly cancel: () => void;
}) {
  const field = useRef<HTMLTextAreaElement>(null);
  const isComposing = useRef(false);
  useGrow(field, props.text);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') props.cancel();
    if (event.key !== 'Enter' || event.shiftKey) return;
    // 229 is how browsers report a key that an input method swallowed.
    if (isComposing.current || event.nativeEvent.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    props.submit();
  };
  return (
    <textarea
      ref={field}
      className="field"
      data-composer="true"
      rows={1}
      value={props.text}
      disabled={props.isDisabled}
      placeholder={props.isDisabled ? '' : props.placeholder}
      aria-label={props.placeholder}
      aria-describedby="composer-hint"
      onChange={(event) => props.change(event.target.value)}
      onKeyDown={onKeyDown}
      onCompositionStart={() => {
        isComposing.current = true;
      }}
      onCompositionEnd={() => {
        isComposing.current = false;
      }}
    />
  );
}

/** Why nothing can be sent here, in words, or undefined. */
function useBlocked(account: AccountView, topic: TopicView | undefined): TextKey | undefined {
  const { session } = useSession();
  if (session.kind === 'user' && session.user.role === 'viewer') return 'composer.viewer';
  if (topic?.record.kind === 'content' && topic.record.facts?.allowComment === false) return 'composer.commentsOff';
  return blockedBecause(account.record);
}

/** The field is as high as its text, up to a limit. */
function useGrow(field: React.RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text decides the height
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${Math.min(HEIGHT_LIMIT_PX, element.scrollHeight + 2)}px`;
  }, [field, text]);
}
