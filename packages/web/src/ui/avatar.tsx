import { useState } from 'react';
import { hueOf, initialsOf } from '../lib/initials.ts';
import { safeUrl } from '../lib/safe-url.ts';

/** A picture, or the initials when there is none or it cannot be loaded. Decoration: the name stands beside it. */
export function Avatar(props: {
  readonly id: string;
  readonly name: string;
  readonly url?: string | undefined;
  readonly sizePx: number;
  readonly isSquare?: boolean;
}) {
  const [failedUrl, setFailedUrl] = useState<string>();
  const url = safeUrl(props.url);
  const hue = hueOf(props.id);
  return (
    <span
      className={props.isSquare ? 'avatar avatar-square' : 'avatar'}
      style={{
        width: props.sizePx,
        height: props.sizePx,
        fontSize: Math.max(10, Math.round(props.sizePx * 0.36)),
        background: `hsl(${hue} 34% 40%)`,
      }}
      aria-hidden="true"
    >
      {initialsOf(props.name)}
      {url !== undefined && url !== failedUrl && (
        <img
          src={url}
          alt=""
          loading="lazy"
          decoding="async"
          referrerPolicy="no-referrer"
          onError={() => setFailedUrl(url)}
        />
      )}
    </span>
  );
}
