import { createInstance } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './en.ts';
import { zhCn } from './zh-cn.ts';

/** All texts are in the bundle: a language must not have to be fetched to say that the connection is lost. */
export const i18n = createInstance();

void i18n.use(initReactI18next).init({
  resources: { 'zh-CN': { translation: zhCn }, en: { translation: en } },
  lng: 'zh-CN',
  fallbackLng: false,
  keySeparator: false,
  nsSeparator: false,
  initAsync: false,
  // React escapes.
  interpolation: { escapeValue: false },
});
