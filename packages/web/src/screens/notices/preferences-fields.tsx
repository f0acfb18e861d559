import { noticeTypeSchema } from '@hiscrm/shared/model/notice.ts';
import { NOTICE_RULES } from '@hiscrm/shared/model/notice-preferences.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import { Select } from 'antd';
import { type ReactNode, useId, useMemo, useState } from 'react';
import { useText } from '../../i18n/use-text.ts';
import { useSession } from '../../store/session.ts';
import { LANGUAGE_NAMES, NAMED_TYPES, RULE_WORDS, typeWord, WORD_LANGUAGES } from './notice-words.ts';
import type { PreferencesForm } from './plan-preferences.ts';

const parseType = parserOf(noticeTypeSchema);
const MUTED_LIMIT_COUNT = 100;

type FieldsProps = {
  readonly form: PreferencesForm;
  readonly isLocked: boolean;
  readonly change: (patch: Partial<PreferencesForm>) => void;
};

/** The choices, in the order in which somebody meets them. */
export function PreferencesFields(props: FieldsProps) {
  const { t } = useText();
  return (
    <>
      <Part title={t('preferences.reading')} isLocked={props.isLocked}>
        <Reading {...props} />
      </Part>
      <Part title={t('preferences.times')} isLocked={props.isLocked}>
        <Times {...props} />
      </Part>
      <Part title={t('preferences.rules')} hint={t('preferences.rulesHint')} isLocked={props.isLocked}>
        <Rules {...props} />
      </Part>
      <Part title={t('preferences.muted')} hint={t('preferences.mutedHint')} isLocked={props.isLocked}>
        <Muted {...props} />
      </Part>
    </>
  );
}

function Part(props: {
  readonly title: string;
  readonly hint?: string;
  readonly isLocked: boolean;
  readonly children: ReactNode;
}) {
  return (
    <fieldset className="preferences-part" disabled={props.isLocked}>
      <legend>{props.title}</legend>
      {props.children}
      {props.hint !== undefined && <p className="row-sub">{props.hint}</p>}
    </fieldset>
  );
}

function Reading({ form, isLocked, change }: FieldsProps) {
  const { t } = useText();
  const id = useId();
  const zones = useMemo(() => {
    const known = new Set(['UTC', form.timeZone, ...Intl.supportedValuesOf('timeZone')]);
    return [...known].map((value) => ({ value, label: value.replaceAll('_', ' ') }));
  }, [form.timeZone]);
  return (
    <div className="preferences-line">
      <div className="preferences-field">
        <label htmlFor={`${id}-language`}>{t('preferences.language')}</label>
        <select
          id={`${id}-language`}
          className="field"
          value={form.language}
          onChange={({ target }) => change({ language: target.value as PreferencesForm['language'] })} // the options below
        >
          <option value="written">{t('preferences.written')}</option>
          {WORD_LANGUAGES.map((value) => (
            <option key={value} value={value} lang={value}>
              {LANGUAGE_NAMES[value]}
            </option>
          ))}
        </select>
      </div>
      <div className="preferences-field">
        <label htmlFor={`${id}-zone`}>{t('preferences.zone')}</label>
        <Select
          id={`${id}-zone`}
          showSearch
          value={form.timeZone}
          disabled={isLocked}
          options={zones}
          onChange={(timeZone) => change({ timeZone })}
        />
        <span className="row-sub">{t('preferences.zoneHint')}</span>
      </div>
    </div>
  );
}

function Times({ form, change }: FieldsProps) {
  const { t } = useText();
  return (
    <>
      <Choice
        label={t('preferences.quiet')}
        hint={t('preferences.quietHint')}
        isOn={form.isQuiet}
        set={(isQuiet) => change({ isQuiet })}
      />
      {form.isQuiet && (
        <div className="preferences-times">
          <TimeOfDay label={t('preferences.from')} value={form.quietFrom} set={(quietFrom) => change({ quietFrom })} />
          <TimeOfDay label={t('preferences.to')} value={form.quietTo} set={(quietTo) => change({ quietTo })} />
        </div>
      )}
      <Choice
        label={t('preferences.digest')}
        hint={t('preferences.digestHint')}
        isOn={form.isDigest}
        set={(isDigest) => change({ isDigest })}
      />
      {form.isDigest && (
        <div className="preferences-times">
          <TimeOfDay label={t('preferences.at')} value={form.digestAt} set={(digestAt) => change({ digestAt })} />
        </div>
      )}
    </>
  );
}

function Choice(props: {
  readonly label: string;
  readonly hint?: string;
  readonly isOn: boolean;
  readonly set: (isOn: boolean) => void;
}) {
  const id = useId();
  return (
    <div className="preferences-choice">
      <input
        id={id}
        type="checkbox"
        checked={props.isOn}
        aria-describedby={props.hint === undefined ? undefined : `${id}-hint`}
        onChange={({ target }) => props.set(target.checked)}
      />
      <label htmlFor={id}>{props.label}</label>
      {props.hint !== undefined && (
        <span id={`${id}-hint`} className="row-sub">
          {props.hint}
        </span>
      )}
    </div>
  );
}

function TimeOfDay(props: { readonly label: string; readonly value: string; readonly set: (value: string) => void }) {
  return (
    <label className="preferences-time">
      {props.label}
      <input
        type="time"
        className="field"
        required
        value={props.value}
        onChange={({ target }) => props.set(target.value)}
      />
    </label>
  );
}

function Rules({ form, change }: FieldsProps) {
  const { t } = useText();
  const { session } = useSession();
  const isAdmin = session.kind === 'user' && session.user.role === 'admin';
  // Nobody else is told about Workers, whatever they choose.
  const offered = NOTICE_RULES.filter((rule) => isAdmin || rule !== 'workerDown');
  return offered.map((rule) => (
    <Choice
      key={rule}
      label={t(RULE_WORDS[rule])}
      isOn={form.rules[rule]}
      set={(isOn) => change({ rules: { ...form.rules, [rule]: isOn } })}
    />
  ));
}

function Muted({ form, isLocked, change }: FieldsProps) {
  const { t } = useText();
  const [refused, setRefused] = useState<string>();
  const options = [...new Set([...NAMED_TYPES, ...form.mutedTypes])].map((value) => ({
    value,
    label: typeWord(value, t),
  }));
  return (
    <>
      <Select
        mode="tags"
        aria-label={t('preferences.muted')}
        value={[...form.mutedTypes]}
        disabled={isLocked}
        maxCount={MUTED_LIMIT_COUNT}
        optionFilterProp="label"
        options={options}
        onChange={(types: string[]) => {
          setRefused(types.find((type) => !parseType(type).ok));
          change({ mutedTypes: types.filter((type) => parseType(type).ok) });
        }}
      />
      {refused !== undefined && (
        <p className="status-bad" role="alert">
          {t('preferences.badType', { name: refused })}
        </p>
      )}
    </>
  );
}
