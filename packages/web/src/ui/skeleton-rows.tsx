import { useText } from '../i18n/use-text.ts';

/** Grey rows in the shape of what is being loaded. */
export function SkeletonRows({ count }: { readonly count: number }) {
  const { t } = useText();
  return (
    <div role="status" aria-label={t('common.loading')}>
      {Array.from({ length: count }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and never move
        <div className="skeleton-row" key={index}>
          <div className="skeleton" style={{ width: 40, height: 40, borderRadius: '50%', flex: 'none' }} />
          <div style={{ flex: 1 }}>
            <div className="skeleton" style={{ height: 12, width: `${70 - (index % 3) * 12}%` }} />
            <div className="skeleton" style={{ height: 10, width: `${90 - (index % 4) * 10}%`, marginTop: 8 }} />
          </div>
        </div>
      ))}
    </div>
  );
}
