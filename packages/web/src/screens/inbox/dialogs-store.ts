import type { AccountId, Seq } from '@hiscrm/shared/model/ids.ts';
import type { TopicKind, TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import type { CommandParams } from '@hiscrm/shared/protocol/commands.ts';
import { create } from 'zustand';

/** The one dialog that stands over the screen. */
export type Dialog =
  | { readonly kind: 'addAccount' }
  | { readonly kind: 'renameAccount'; readonly accountId: AccountId }
  | { readonly kind: 'removeAccount'; readonly accountId: AccountId }
  | { readonly kind: 'login'; readonly accountId: AccountId }
  | { readonly kind: 'workers' }
  | { readonly kind: 'password' }
  | { readonly kind: 'noticePreferences' }
  | { readonly kind: 'quickSwitch' }
  | {
      readonly kind: 'explain';
      readonly accountId: AccountId;
      readonly topicKind?: TopicKind;
      readonly topic?: TopicRef;
    }
  | { readonly kind: 'stale'; readonly reply: CommandParams<'sendReply'>; readonly seenSeq: Seq };

export type Dialogs = {
  readonly dialog: Dialog | undefined;
  /** What had the focus when the dialog was asked for. */
  readonly opener: HTMLElement | undefined;
  readonly open: (dialog: Dialog) => void;
  readonly close: () => void;
};

export const useDialogs = create<Dialogs>()((set, get) => ({
  dialog: undefined,
  opener: undefined,
  open: (dialog) => {
    const held = document.activeElement;
    // A dialog that leads to another one is not what the focus goes back to.
    const opener = get().dialog ? get().opener : held instanceof HTMLElement ? held : undefined;
    set({ dialog, opener });
  },
  close: () => set({ dialog: undefined, opener: undefined }),
}));
