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
  readonly open: (dialog: Dialog) => void;
  readonly close: () => void;
};

export const useDialogs = create<Dialogs>()((set) => ({
  dialog: undefined,
  open: (dialog) => set({ dialog }),
  close: () => set({ dialog: undefined }),
}));
