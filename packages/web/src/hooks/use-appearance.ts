import { useEffect, useSyncExternalStore } from 'react';
import { i18n } from '../i18n/i18n.ts';
import { usePreferences } from '../store/preferences.ts';

const QUERY = '(prefers-color-scheme: dark)';

function subscribe(listener: () => void): () => void {
  const query = matchMedia(QUERY);
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}

/** Applies theme, density and language to the page, and says which theme is shown. */
export function useAppearance(): 'light' | 'dark' {
  const { theme, density, language } = usePreferences();
  const isSystemDark = useSyncExternalStore(subscribe, () => matchMedia(QUERY).matches);
  const shown = theme === 'system' ? (isSystemDark ? 'dark' : 'light') : theme;
  useEffect(() => {
    const { dataset } = document.documentElement;
    dataset.theme = shown;
    dataset.density = density;
    document.documentElement.lang = language;
    void i18n.changeLanguage(language);
  }, [shown, density, language]);
  return shown;
}
