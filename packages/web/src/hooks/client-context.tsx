import type { Client } from '@hiscrm/client/client.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import { createContext, type ReactNode, useContext } from 'react';

const ClientContext = createContext<Client | undefined>(undefined);

export function ClientProvider({ client, children }: { readonly client: Client; readonly children: ReactNode }) {
  return <ClientContext value={client}>{children}</ClientContext>;
}

/** The connected client; only below `ClientProvider`. */
export const useClient = (): Client => must(useContext(ClientContext), 'useClient is used outside of ClientProvider');
