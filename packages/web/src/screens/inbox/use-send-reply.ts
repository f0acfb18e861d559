import type { Seq } from '@hiscrm/shared/model/ids.ts';
import { topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import type { CommandParams } from '@hiscrm/shared/protocol/commands.ts';
import { errorText } from '@hiscrm/shared/protocol/errors.ts';
import { useCallback } from 'react';
import { useClient } from '../../hooks/client-context.tsx';
import { useText } from '../../i18n/use-text.ts';
import { useDrafts } from '../../store/drafts.ts';
import { useToasts } from '../../store/toasts.ts';
import { useDialogs } from './dialogs-store.ts';

/** Sends a reply. Whatever is refused comes back as a draft, with the reason: no text is ever lost. */
export function useSendReply(): (reply: CommandParams<'sendReply'>, expectSeq: Seq | undefined) => Promise<void> {
  const client = useClient();
  const { locale } = useText();
  const { put } = useDrafts();
  const { tell } = useToasts();
  const { open } = useDialogs();
  return useCallback(
    async (reply, expectSeq) => {
      const outcome = await client.run('sendReply', { ...reply, ...(expectSeq !== undefined && { expectSeq }) });
      if (outcome.kind === 'done') return;
      const key = topicKey(reply.topic);
      const { toItemId } = reply;
      const written = useDrafts.getState().byTopic[key]?.text ?? '';
      const text = written === '' ? reply.text : `${reply.text}\n${written}`;
      if (outcome.kind === 'gone' && outcome.why === 'closed') return; // the store keeps it for the next page
      put(key, { text, ...(toItemId && { toItemId }) });
      if (outcome.kind === 'gone') return;
      const { code, details } = outcome.error;
      if (code === 'STALE_VIEW' && expectSeq !== undefined) open({ kind: 'stale', reply, seenSeq: expectSeq });
      else tell(errorText(code, details ?? {}, locale === 'en' ? 'en' : 'zh'), true);
    },
    [client, locale, put, tell, open],
  );
}
