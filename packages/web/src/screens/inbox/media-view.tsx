import type { Media } from '@hiscrm/shared/model/facts.ts';
import { useState } from 'react';
import { useText } from '../../i18n/use-text.ts';
import { safeUrl } from '../../lib/safe-url.ts';
import { durationText } from '../../lib/time-text.ts';
import { FileIcon, LinkIcon, PlayIcon } from '../../ui/icons.tsx';
import { mediaWord } from './names.ts';

/** Larger pictures are shown at this height; the link leads to the whole. */
const IMAGE_HEIGHT_PX = 220;
const STICKER_HEIGHT_PX = 110;

/** A picture, film, voice note, file, link, card or shared thing beside the text. */
export function MediaView({ media }: { readonly media: Media }) {
  const { t } = useText();
  const url = safeUrl(media.url);
  switch (media.kind) {
    case 'image':
    case 'sticker':
      return <Picture media={media} />;
    case 'audio':
      return url === undefined ? (
        <MediaCard media={media} />
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: platforms give no captions for voice notes
        <audio className="media-audio" controls preload="none" src={url} aria-label={t('media.audio')} />
      );
    case 'video':
      return media.thumbnailUrl === undefined ? <MediaCard media={media} /> : <Film media={media} />;
    case 'file':
    case 'link':
    case 'card':
    case 'work':
    case 'comment':
      return <MediaCard media={media} />;
    default:
      return media.kind satisfies never;
  }
}

function Picture({ media }: { readonly media: Media }) {
  const { t } = useText();
  const [hasFailed, setHasFailed] = useState(false);
  const source = safeUrl(media.thumbnailUrl) ?? safeUrl(media.url);
  if (source === undefined || hasFailed) return <MediaCard media={media} />;
  const full = safeUrl(media.url) ?? source;
  const maxHeight = media.kind === 'sticker' ? STICKER_HEIGHT_PX : IMAGE_HEIGHT_PX;
  // The box has its size before the picture is there, so that nothing jumps.
  const height = Math.min(maxHeight, media.heightPx ?? maxHeight);
  const ratio = media.widthPx && media.heightPx ? media.widthPx / media.heightPx : 4 / 3;
  return (
    <a className="media-picture" href={full} target="_blank" rel="noopener noreferrer">
      <img
        src={source}
        alt={media.title ?? t(media.kind === 'sticker' ? 'media.sticker' : 'media.image')}
        height={height}
        width={Math.round(Math.min(320, height * ratio))}
        loading="lazy"
        decoding="async"
        referrerPolicy="no-referrer"
        onError={() => setHasFailed(true)}
      />
    </a>
  );
}

function Film({ media }: { readonly media: Media }) {
  const { t } = useText();
  const url = safeUrl(media.url);
  const poster = safeUrl(media.thumbnailUrl);
  const [hasFailed, setHasFailed] = useState(false);
  if (poster === undefined || hasFailed) return <MediaCard media={media} />;
  const picture = (
    <>
      <img
        src={poster}
        alt={media.title ?? t('media.video')}
        height={180}
        loading="lazy"
        referrerPolicy="no-referrer"
        onError={() => setHasFailed(true)}
      />
      <span className="media-play">
        <PlayIcon />
        {media.durationMs !== undefined && durationText(media.durationMs)}
      </span>
    </>
  );
  return url === undefined ? (
    <span className="media-picture">{picture}</span>
  ) : (
    <a className="media-picture" href={url} target="_blank" rel="noopener noreferrer">
      {picture}
    </a>
  );
}

function MediaCard({ media }: { readonly media: Media }) {
  const { t, locale } = useText();
  const url = safeUrl(media.url);
  const size =
    media.sizeBytes === undefined
      ? undefined
      : new Intl.NumberFormat(locale, { style: 'unit', unit: 'kilobyte', maximumFractionDigits: 0 }).format(
          media.sizeBytes / 1_000,
        );
  const body = (
    <>
      <span className="media-icon">{media.kind === 'file' ? <FileIcon /> : <LinkIcon />}</span>
      <span className="row-body">
        <span className="media-kind">{mediaWord(media.kind, t)}</span>
        <span className="media-title truncate">{media.title ?? media.text ?? media.refId ?? ''}</span>
        {media.title !== undefined && media.text !== undefined && (
          <span className="row-sub truncate">{media.text}</span>
        )}
        {size !== undefined && <span className="row-sub">{size}</span>}
      </span>
    </>
  );
  return url === undefined ? (
    <span className="media-card">{body}</span>
  ) : (
    <a className="media-card" href={url} target="_blank" rel="noopener noreferrer">
      {body}
    </a>
  );
}
