import type { LoadProblem } from '@hiscrm/client/replica/open-topic.ts';
import { errorText } from '@hiscrm/shared/protocol/errors.ts';
import { useText } from '../../i18n/use-text.ts';
import { Empty } from '../../ui/empty.tsx';
import { AlertIcon } from '../../ui/icons.tsx';

/** Says why a pane could not be loaded, and tries again. */
export function LoadProblemView({ problem, retry }: { readonly problem: LoadProblem; readonly retry: () => void }) {
  const { t, locale } = useText();
  const text =
    problem.code === 'GONE'
      ? t('error.noAnswer')
      : errorText(problem.code, problem.details ?? {}, locale === 'en' ? 'en' : 'zh');
  return (
    <Empty
      icon={<AlertIcon />}
      title={t('error.loadFailed')}
      text={text}
      action={
        <button type="button" className="btn" onClick={retry}>
          {t('common.retry')}
        </button>
      }
    />
  );
}
