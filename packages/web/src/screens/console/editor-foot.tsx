import { Alert, Button } from 'antd';
import { useText } from '../../i18n/use-text.ts';

/** The end of a form: saves what is complete, or says what it lacks and what went wrong. */
export function EditorFoot(props: {
  readonly missing: string | undefined;
  readonly problem: string | undefined;
  readonly isSaving: boolean;
  readonly close: () => void;
}) {
  const { t } = useText();
  const { missing, problem, isSaving } = props;
  return (
    <>
      {problem !== undefined && <Alert type="error" showIcon title={problem} />}
      <div className="console-send">
        <Button type="primary" htmlType="submit" loading={isSaving} disabled={missing !== undefined}>
          {t('preferences.save')}
        </Button>
        <Button onClick={props.close}>{t('common.back')}</Button>
        {missing !== undefined && (
          <span className="row-sub" role="status">
            {missing}
          </span>
        )}
      </div>
    </>
  );
}
