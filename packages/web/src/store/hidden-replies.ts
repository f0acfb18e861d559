import { create } from 'zustand';

/** More than anybody puts away in a day; the oldest comes back. */
const HIDDEN_LIMIT_COUNT = 500;

export type HiddenReplies = { readonly keys: ReadonlySet<string>; readonly hide: (key: string) => void };

/** Refused replies that this person has dealt with. They stay in the log. */
export const useHiddenReplies = create<HiddenReplies>()((set) => ({
  keys: new Set(),
  hide: (key) => set(({ keys }) => ({ keys: new Set([...[...keys].slice(-(HIDDEN_LIMIT_COUNT - 1)), key]) })),
}));
