import type { ReactNode } from 'react';
import { useText } from '../../i18n/use-text.ts';
import { useNavigation } from '../../store/navigation.ts';
import { type Language, type Theme, usePreferences } from '../../store/preferences.ts';
import { useSession } from '../../store/session.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { InboxIcon, SearchIcon, ServerIcon, ShieldIcon } from '../../ui/icons.tsx';
import { Menu, type MenuGroup } from '../../ui/menu.tsx';
import { NoticeBell } from '../notices/notice-bell.tsx';
import { ConnectionPill } from './connection-pill.tsx';
import { useDialogs } from './dialogs-store.ts';

const THEMES = [
  ['system', 'theme.system'],
  ['light', 'theme.light'],
  ['dark', 'theme.dark'],
] as const satisfies readonly (readonly [Theme, string])[];
const LANGUAGES: readonly (readonly [Language, string])[] = [
  ['zh-CN', '简体中文'],
  ['en', 'English'],
];

/** Brand, connection, and what belongs to the person rather than to an account. */
export function Header() {
  const { t } = useText();
  const { session, leave } = useSession();
  const { route, go } = useNavigation();
  const { open } = useDialogs();
  const user = session.kind === 'user' ? session.user : undefined;
  const groups = useLookGroups();
  const isAdminScreen = route.screen === 'admin';
  return (
    <header className="header">
      <div className="header-brand">
        <img src="/favicon.svg" alt="" />
        <span className="gives-way">HisCRM-IM</span>
      </div>
      <ConnectionPill />
      <button type="button" className="btn btn-quiet" onClick={() => open({ kind: 'quickSwitch' })} title="Ctrl+K">
        <Label icon={<SearchIcon />} text={t('header.switch')} />
      </button>
      <button type="button" className="btn btn-quiet" onClick={() => open({ kind: 'workers' })}>
        <Label icon={<ServerIcon />} text={t('header.workers')} />
      </button>
      {user?.role === 'admin' && (
        <button
          type="button"
          className="btn btn-quiet"
          aria-pressed={isAdminScreen}
          onClick={() => go(isAdminScreen ? { screen: 'inbox', tab: 'comments' } : { screen: 'admin' })}
        >
          {isAdminScreen ? (
            <Label icon={<InboxIcon />} text={t('header.inbox')} />
          ) : (
            <Label icon={<ShieldIcon />} text={t('header.admin')} />
          )}
        </button>
      )}
      <NoticeBell />
      <Menu
        label={t('header.menu')}
        className="btn btn-quiet"
        button={
          <>
            <Avatar id={user?.id ?? ''} name={user?.username ?? '?'} sizePx={24} />
            <span className="gives-way">{user?.username}</span>
          </>
        }
        groups={[
          ...groups,
          {
            items: [
              { key: 'notices', label: t('preferences.title'), run: () => open({ kind: 'noticePreferences' }) },
              { key: 'password', label: t('password.title'), run: () => open({ kind: 'password' }) },
              { key: 'logout', label: t('header.logout'), run: () => void leave() },
            ],
          },
        ]}
      />
    </header>
  );
}

/** A word; where there is no room for it an icon that keeps the word as its name. */
function Label({ icon, text }: { readonly icon: ReactNode; readonly text: string }) {
  return (
    <>
      <span className="stands-in">{icon}</span>
      <span className="gives-way">{text}</span>
    </>
  );
}

function useLookGroups(): readonly MenuGroup[] {
  const { t } = useText();
  const { theme, language, density, set } = usePreferences();
  return [
    {
      title: t('theme.title'),
      items: THEMES.map(([key, label]) => ({
        key,
        label: t(label),
        isChosen: theme === key,
        run: () => set({ theme: key }),
      })),
    },
    {
      title: t('density.title'),
      items: (['comfortable', 'compact'] as const).map((key) => ({
        key,
        label: t(key === 'compact' ? 'density.compact' : 'density.comfortable'),
        isChosen: density === key,
        run: () => set({ density: key }),
      })),
    },
    {
      title: t('language.title'),
      items: LANGUAGES.map(([key, label]) => ({
        key,
        label: <span lang={key}>{label}</span>,
        isChosen: language === key,
        run: () => set({ language: key }),
      })),
    },
  ];
}
