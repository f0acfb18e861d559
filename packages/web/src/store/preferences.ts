import { create } from 'zustand';
import { persist } from 'zustand/middleware';

export type Theme = 'system' | 'light' | 'dark';
export type Density = 'comfortable' | 'compact';
export type Language = 'zh-CN' | 'en';
export type AccountOrder = 'unread' | 'newest' | 'name';
export type TopicOrder = 'newest' | 'unread';
export type WorksLayout = 'grid' | 'list';

/** How this person likes the screen. Kept in this browser only. */
export type Preferences = {
  readonly theme: Theme;
  readonly density: Density;
  readonly language: Language;
  readonly accountOrder: AccountOrder;
  readonly topicOrder: TopicOrder;
  readonly onlyUnread: boolean;
  readonly worksLayout: WorksLayout;
  readonly worksOrder: string;
  readonly set: (patch: Partial<Omit<Preferences, 'set'>>) => void;
};

const browserLanguage = (): Language =>
  typeof navigator === 'undefined' || navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';

export const usePreferences = create<Preferences>()(
  persist(
    (set) => ({
      theme: 'system',
      density: 'comfortable',
      language: browserLanguage(),
      accountOrder: 'unread',
      topicOrder: 'newest',
      onlyUnread: false,
      worksLayout: 'grid',
      worksOrder: 'publishedAt',
      set: (patch) => set(patch),
    }),
    { name: 'hiscrm-preferences', version: 1 },
  ),
);
