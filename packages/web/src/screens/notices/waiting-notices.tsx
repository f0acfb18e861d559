import type { NoticeEntry } from '@hiscrm/client/notices/notice-box.ts';
import { useState } from 'react';
import { useClient } from '../../hooks/client-context.tsx';
import { useNotices } from '../../hooks/use-notices.ts';
import { useConnection } from '../../hooks/use-replica.ts';
import { useSettle } from '../../hooks/use-settle.ts';
import { useText } from '../../i18n/use-text.ts';
import { useToasts } from '../../store/toasts.ts';
import { AnswerDialog } from './answer-dialog.tsx';

/** Shows urgent notices, and those that must be confirmed, one after the other. */
export function WaitingNotices() {
  const { t } = useText();
  const client = useClient();
  const connection = useConnection();
  const { tell } = useToasts();
  const settle = useSettle();
  const { waiting } = useNotices();
  // Answers on their way: the client repeats them until the server has them, and the screen goes on meanwhile.
  const [answered, setAnswered] = useState<ReadonlySet<string>>(new Set());
  const open = waiting.filter(({ notice }) => !answered.has(notice.messageId));
  const [entry] = open;
  if (!entry) return null;
  const answer = async ({ notice }: NoticeEntry): Promise<void> => {
    const { messageId } = notice;
    setAnswered((known) => new Set([...known, messageId]));
    if (connection.kind !== 'live') tell(t('notices.answerLater'), false);
    const outcome = await (notice.needConfirm ? client.confirmNotice(messageId) : client.readNotices([messageId]));
    if (!settle(outcome)) setAnswered((known) => new Set([...known].filter((id) => id !== messageId)));
  };
  return (
    <AnswerDialog
      key={entry.notice.messageId}
      entry={entry}
      waitingCount={open.length}
      answer={() => void answer(entry)}
    />
  );
}
