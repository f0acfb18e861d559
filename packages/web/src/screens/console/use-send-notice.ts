import type { WireError } from '@hiscrm/shared/protocol/errors.ts';
import { useRef, useState } from 'react';
import { type NoticeAccepted, type NoticeDraft, noticeApi } from '../../link/notice-api.ts';

export type SendState =
  | { readonly kind: 'writing' }
  | { readonly kind: 'sending' }
  | { readonly kind: 'refused'; readonly error: WireError }
  /** No answer: it may have been sent. Only the same words under the same key are safe to repeat. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'accepted'; readonly draft: NoticeDraft; readonly accepted: NoticeAccepted };

/** Sends under a key that is kept until the server has answered, so that a retry never sends twice. */
export function useSendNotice(): {
  readonly state: SendState;
  readonly send: (draft: NoticeDraft) => Promise<void>;
  /** Repeats what had no answer. */
  readonly retry: () => void;
  readonly writeAnother: () => void;
} {
  const [state, setState] = useState<SendState>({ kind: 'writing' });
  const attempt = useRef<{ readonly draft: NoticeDraft; readonly key: string }>(undefined);
  const go = async (): Promise<void> => {
    if (!attempt.current) return;
    const { draft, key } = attempt.current;
    setState({ kind: 'sending' });
    const outcome = await noticeApi.send(draft, key);
    if (outcome.kind === 'failed') setState({ kind: 'unknown' });
    else if (outcome.kind === 'refused') setState({ kind: 'refused', error: outcome.error });
    else setState({ kind: 'accepted', draft, accepted: outcome.value });
  };
  return {
    state,
    send: (draft) => {
      // The same words again are a retry, also after an error that does not say how far they came.
      const isRetry = JSON.stringify(attempt.current?.draft) === JSON.stringify(draft);
      if (!isRetry) attempt.current = { draft, key: crypto.randomUUID() };
      return go();
    },
    retry: () => void go(),
    writeAnother: () => {
      attempt.current = undefined;
      setState({ kind: 'writing' });
    },
  };
}
