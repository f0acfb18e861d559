import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import { useText } from '../../i18n/use-text.ts';
import { MediaView } from './media-view.tsx';

/** The text and media of an item, or what became of them. Text is text: nothing in it becomes markup. */
export function ItemBody({ item }: { readonly item: ItemRecord }) {
  const { t } = useText();
  const { facts } = item;
  if (facts.state === 'recalled') return <span className="gone">{t('item.recalled')}</span>;
  if (facts.state === 'deleted') return <span className="gone">{t('item.deleted')}</span>;
  const media = facts.media ?? [];
  const isUnsupported = facts.kind === 'message' && facts.type === 'unsupported';
  const isBare = facts.text === '' && media.length === 0;
  return (
    <>
      {facts.state === 'hidden' && <span className="gone">{t('item.hidden')} </span>}
      {facts.text !== '' && <span className="item-text">{facts.text}</span>}
      {media.map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: media of an item have no other name and never change places
        <MediaView key={index} media={each} />
      ))}
      {(isUnsupported || isBare) && <span className="gone">{t('media.unsupportedText')}</span>}
    </>
  );
}
