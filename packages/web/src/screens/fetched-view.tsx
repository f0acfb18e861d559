import type { ReactNode } from 'react';
import type { Fetched } from '../hooks/use-fetched.ts';
import { useProblemText } from '../hooks/use-problem-text.ts';
import { useText } from '../i18n/use-text.ts';
import { Empty } from '../ui/empty.tsx';
import { AlertIcon } from '../ui/icons.tsx';
import { SkeletonRows } from '../ui/skeleton-rows.tsx';

/** Shows what was fetched; before, that it is coming; and what went wrong with a way to try again. */
export function FetchedView<T>(props: {
  readonly state: Fetched<T>;
  readonly reload: () => void;
  readonly rowCount?: number;
  readonly children: (value: T) => ReactNode;
}) {
  const { t } = useText();
  const problemText = useProblemText();
  const { state } = props;
  if (state.kind === 'ready') return props.children(state.value);
  if (state.kind === 'loading') return <SkeletonRows count={props.rowCount ?? 4} />;
  return (
    <Empty
      icon={<AlertIcon />}
      title={t('error.loadFailed')}
      text={problemText(state)}
      action={
        <button type="button" className="btn" onClick={props.reload}>
          {t('common.retry')}
        </button>
      }
    />
  );
}
