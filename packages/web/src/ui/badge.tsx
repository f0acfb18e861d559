import { useText } from '../i18n/use-text.ts';
import { exactCount } from '../lib/count-text.ts';

/** The exact number of unread items; nothing at zero. With `onExplain` it is a button that lists them. */
export function Badge(props: { readonly count: number; readonly onExplain?: (() => void) | undefined }) {
  const { t, locale } = useText();
  if (props.count === 0) return null;
  const text = exactCount(props.count, locale);
  const label = t('badge.unread', { count: text });
  if (!props.onExplain)
    return (
      <span className="badge" title={label}>
        <span aria-hidden="true">{text}</span>
        <span className="sr-only">{label}</span>
      </span>
    );
  const { onExplain } = props;
  return (
    <button
      type="button"
      className="badge"
      title={t('badge.explain')}
      aria-label={`${label} ${t('badge.explain')}`}
      onClick={(event) => {
        event.stopPropagation();
        onExplain();
      }}
    >
      {text}
    </button>
  );
}
