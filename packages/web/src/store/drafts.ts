import type { ItemId } from '@hiscrm/shared/model/ids.ts';
import type { TopicKey } from '@hiscrm/shared/model/topic-ref.ts';
import { create } from 'zustand';
import { createJSONStorage, persist } from 'zustand/middleware';

/** What somebody began to write, and to whom. */
export type Draft = { readonly text: string; readonly toItemId?: ItemId };

/** More drafts than anybody leaves lying; the oldest goes. */
export const DRAFT_LIMIT_COUNT = 200;

export type Drafts = {
  readonly byTopic: Readonly<Record<TopicKey, Draft>>;
  readonly put: (topic: TopicKey, draft: Draft) => void;
};

/** Drafts survive a reload of this tab and end with it: what a customer is told does not stay on a shared computer. */
export const useDrafts = create<Drafts>()(
  persist(
    (set) => ({
      byTopic: {},
      put: (topic, draft) =>
        set(({ byTopic }) => {
          const { [topic]: _, ...others } = byTopic;
          if (draft.text === '' && draft.toItemId === undefined) return { byTopic: others };
          const kept = Object.entries(others).slice(-(DRAFT_LIMIT_COUNT - 1));
          return { byTopic: { ...Object.fromEntries(kept), [topic]: draft } };
        }),
    }),
    { name: 'hiscrm-drafts', version: 1, storage: createJSONStorage(() => sessionStorage) },
  ),
);
