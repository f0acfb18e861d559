import { App, ConfigProvider, theme } from 'antd';
import enUs from 'antd/locale/en_US';
import zhCn from 'antd/locale/zh_CN';
import type { ReactNode } from 'react';
import { useText } from '../i18n/use-text.ts';

/** Gives the component library our colours, language and density. Loaded with the first dialog, not with the first paint. */
export function AntdFrame({ children }: { readonly children: ReactNode }) {
  const { locale } = useText();
  const { dataset } = document.documentElement;
  const isDark = dataset.theme === 'dark';
  const isCompact = dataset.density === 'compact';
  return (
    <ConfigProvider
      locale={locale === 'en' ? enUs : zhCn}
      theme={{
        algorithm: [
          isDark ? theme.darkAlgorithm : theme.defaultAlgorithm,
          ...(isCompact ? [theme.compactAlgorithm] : []),
        ],
        token: {
          colorPrimary: isDark ? '#3aa597' : '#0f6d64',
          colorInfo: isDark ? '#3aa597' : '#0f6d64',
          colorError: isDark ? '#ff8a80' : '#c8281d',
          colorBgBase: isDark ? '#141a19' : '#ffffff',
          colorTextBase: isDark ? '#e8eeed' : '#14211f',
          borderRadius: 8,
          fontFamily: 'var(--font)',
          fontSize: isCompact ? 13 : 14,
        },
      }}
    >
      <App component={false}>{children}</App>
    </ConfigProvider>
  );
}
