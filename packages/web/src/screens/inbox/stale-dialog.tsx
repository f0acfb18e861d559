import type { Seq } from '@hiscrm/shared/model/ids.ts';
import { topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import type { CommandParams } from '@hiscrm/shared/protocol/commands.ts';
import { Modal } from 'antd';
import { useTopic, useWindow } from '../../hooks/use-replica.ts';
import { useText } from '../../i18n/use-text.ts';
import { useDrafts } from '../../store/drafts.ts';
import { Time } from '../../ui/time.tsx';
import { useDialogs } from './dialogs-store.ts';
import { focusComposer } from './focus-composer.ts';
import { ItemBody } from './item-body.tsx';
import { authorName } from './names.ts';
import { useSendReply } from './use-send-reply.ts';

/** Something arrived while the answer was written. It is shown, and the writer decides; the text is back in the composer. */
export function StaleDialog({ reply, seenSeq }: { readonly reply: CommandParams<'sendReply'>; readonly seenSeq: Seq }) {
  const { t } = useText();
  const { close } = useDialogs();
  const { put } = useDrafts();
  const send = useSendReply();
  const window = useWindow(reply.topic);
  const topic = useTopic(reply.topic);
  const unseen = (window?.items ?? []).filter(({ arrivedSeq }) => arrivedSeq > seenSeq);
  const edit = (): void => {
    close();
    focusComposer();
  };
  const sendAnyway = (): void => {
    close();
    put(topicKey(reply.topic), { text: '' });
    // Guarded again: what is on this dialog has been seen, what comes after it has not.
    void send(reply, topic?.record.marks.lastArrivedSeq);
  };
  return (
    <Modal
      open
      title={t('stale.title')}
      onCancel={edit}
      onOk={edit}
      okText={t('stale.edit')}
      cancelText={t('stale.send')}
      cancelButtonProps={{ onClick: sendAnyway }}
    >
      <p>{t('stale.text')}</p>
      <div style={{ maxHeight: '40vh', overflowY: 'auto', margin: '10px 0' }}>
        {unseen.map((item) => (
          <div key={item.facts.id} className="item" style={{ padding: '4px 0' }}>
            <div className="item-main">
              <div className="item-meta">
                <span className="item-author">{authorName(item, { topic: topic?.record }, t)}</span>
                <Time at={item.facts.at} />
              </div>
              <div className="bubble bubble-new">
                <ItemBody item={item} />
              </div>
            </div>
          </div>
        ))}
      </div>
      <p className="row-sub">{t('stale.yours')}</p>
      <div className="item item-own" style={{ padding: '4px 0' }}>
        <div className="bubble">
          <span className="item-text">{reply.text}</span>
        </div>
      </div>
    </Modal>
  );
}
