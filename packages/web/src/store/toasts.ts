import { create } from 'zustand';

export type Toast = { readonly id: number; readonly text: string; readonly isProblem: boolean };

/** As many as can be read at once; the oldest goes. */
const TOAST_LIMIT_COUNT = 4;
const TOAST_MS = 6_000;

export type Toasts = {
  readonly toasts: readonly Toast[];
  readonly tell: (text: string, isProblem: boolean) => void;
  readonly dismiss: (id: number) => void;
};

let lastId = 0;

/** Short messages that say what became of something. They go by themselves. */
export const useToasts = create<Toasts>()((set, get) => ({
  toasts: [],
  tell: (text, isProblem) => {
    lastId += 1;
    const id = lastId;
    set(({ toasts }) => ({ toasts: [...toasts.slice(-(TOAST_LIMIT_COUNT - 1)), { id, text, isProblem }] }));
    setTimeout(() => get().dismiss(id), TOAST_MS);
  },
  dismiss: (id) => set(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) })),
}));
