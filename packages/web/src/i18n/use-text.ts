import { useTranslation } from 'react-i18next';
import type { TextKey } from './zh-cn.ts';

export type Locale = 'zh-CN' | 'en';
export type Translate = (key: TextKey, values?: Readonly<Record<string, string | number>>) => string;

/** The texts of the chosen language, and the language itself for dates, numbers and the error catalogue. */
export function useText(): { readonly t: Translate; readonly locale: Locale } {
  const { t, i18n } = useTranslation();
  return { t: (key, values) => t(key, values ?? {}), locale: i18n.language === 'en' ? 'en' : 'zh-CN' };
}
