import { create } from 'zustand';
import { authApi, type OwnUser } from '../link/auth-api.ts';

/** Who sits here. `away`: the server could not be reached to say. */
export type Session =
  | { readonly kind: 'checking' }
  | { readonly kind: 'away' }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'user'; readonly user: OwnUser };

export type SessionStore = {
  readonly session: Session;
  /** Asks the server who is logged in. */
  readonly check: () => Promise<void>;
  readonly enter: (user: OwnUser) => void;
  readonly leave: () => Promise<void>;
};

export const useSession = create<SessionStore>()((set) => ({
  session: { kind: 'checking' },
  check: async () => {
    const outcome = await authApi.me();
    if (outcome.kind === 'done') set({ session: { kind: 'user', user: outcome.value.user } });
    else if (outcome.kind === 'refused') set({ session: { kind: 'anonymous' } });
    else set(({ session }) => (session.kind === 'user' ? { session } : { session: { kind: 'away' } }));
  },
  enter: (user) => set({ session: { kind: 'user', user } }),
  leave: async () => {
    await authApi.logout();
    set({ session: { kind: 'anonymous' } });
  },
}));
