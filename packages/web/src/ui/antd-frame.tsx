import { App, ConfigProvider, theme } from 'antd';
import enUs from 'antd/locale/en_US';
import zhCn from 'antd/locale/zh_CN';
import type { ReactNode } from 'react';
import { useText } from '../i18n/use-text.ts';

/** The library computes shades from colours, so it needs values; they are those of `tokens.css`. */
const LIGHT = { colorPrimary: '#0f6d64', colorInfo: '#0f6d64', colorError: '#c8281d', colorTextBase: '#14211f' };
const DARK = {
  colorPrimary: '#3aa597',
  colorInfo: '#3aa597',
  colorError: '#ff8a80',
  colorTextBase: '#e8eeed',
  colorBgContainer: '#141a19',
  colorBgElevated: '#1a2221',
  colorBgLayout: '#0d1211',
  colorBorder: '#3b4846',
  colorBorderSecondary: '#27302f',
};

/** Gives the component library our colours, language and density. Loaded with the first dialog, not with the first paint. */
export function AntdFrame({ children }: { readonly children: ReactNode }) {
  const { locale } = useText();
  const { dataset } = document.documentElement;
  const isDark = dataset.theme === 'dark';
  const isCompact = dataset.density === 'compact';
  return (
    <ConfigProvider
      locale={locale === 'en' ? enUs : zhCn}
      button={{ autoInsertSpace: false }}
      theme={{
        algorithm: isDark ? theme.darkAlgorithm : theme.defaultAlgorithm,
        token: {
          ...(isDark ? DARK : LIGHT),
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
