import { type Client, createClient } from '@hiscrm/client/client.ts';
import { webSocketOpener } from '@hiscrm/client/transport/open-web-socket.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { until } from './until.ts';

/** A client of the SDK, connected. Whoever asks for it closes it. */
export async function connectClient(urlOf: () => string, name = 'harness'): Promise<Client> {
  const client = createClient({ openWire: webSocketOpener(urlOf), identity: { name, version: '0.0.0' } });
  client.start();
  try {
    await until(`the client ${name} to be live`, () => {
      const state = client.connection();
      if (state.kind === 'refused') throw new Error(`refused with ${state.code}`);
      return state.kind === 'live' && client.replica.position !== undefined;
    });
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}

/** Adds an account as an administrator would. Rejects unless the Master does it. */
export async function addAccount(client: Client, name: string): Promise<AccountId> {
  const outcome = await client.run('addAccount', { platform: 'douyin', name });
  if (outcome.kind !== 'done') throw new Error(`addAccount ended as ${JSON.stringify(outcome)}`);
  return outcome.value.accountId;
}
