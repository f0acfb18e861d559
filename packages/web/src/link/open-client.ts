import { type Client, createClient } from '@hiscrm/client/client.ts';
import { IndexedDbOutboxStore } from '@hiscrm/client/outbox/indexed-db-outbox-store.ts';
import { webSocketOpener } from '@hiscrm/client/transport/open-web-socket.ts';
import { CLIENT_PATH } from '@hiscrm/shared/protocol/client-link.ts';

/** A client of the server that this page came from; the session cookie says who is there. */
export function openClient(): Client {
  const url = new URL(CLIENT_PATH, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return createClient({
    openWire: webSocketOpener(() => url.href),
    identity: { name: 'web', version: '0.1.0' },
    store: new IndexedDbOutboxStore(),
  });
}
