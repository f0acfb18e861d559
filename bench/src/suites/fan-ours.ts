import { addAccount, connectClient } from '@hiscrm/e2e/harness/connect-client.ts';
import { FakeWorker } from '@hiscrm/e2e/harness/fake-worker.ts';
import { message } from '@hiscrm/e2e/harness/make-facts.ts';
import { MasterProcess } from '@hiscrm/e2e/harness/master-process.ts';
import { tempFolder } from '@hiscrm/e2e/harness/temp-folder.ts';
import { CLIENT_PATH, CLIENT_SUBPROTOCOL } from '@hiscrm/shared/protocol/client-link.ts';
import { CLIENT_PROTOCOL } from '@hiscrm/shared/protocol/version.ts';
import { marker } from '../lib/swarm.ts';
import { clientTextFrame, upgradeRequest } from '../lib/ws-bytes.ts';
import { type StartFanPeer, swarmAt } from './fan-peers.ts';

/** Above the number of subscribers: the bench itself connects a client too. */
const SPARE_CONNECTIONS = 100;

/**
 * A real Master. A message is one `message.observed` in a batch of its own over the Worker link, so before it reaches the
 * first subscriber it has been checked, made durable and folded into the store; its frame carries the row and the counters
 * that it changed. The peers do none of this.
 */
export const ourFanPeer: StartFanPeer = async ({ cpu, subscribers }) => {
  const folder = tempFolder('bench-fan');
  const master = await MasterProcess.start({
    dataDir: folder.path,
    cpu,
    env: { HISCRM_MAX_CONNECTIONS: String(subscribers + SPARE_CONNECTIONS) },
  });
  const { token } = await master.admin();
  const client = await connectClient(() => master.socketUrl(token), 'bench');
  const accountId = await addAccount(client, 'fan-out');
  client.close();
  const key = await master.workerKey('bench');
  const worker = await FakeWorker.connect({ baseUrl: master.baseUrl, key, workerId: 'bench' });
  const { leaseToken } = await worker.assignment(accountId);
  const hello = { type: 'hello', protocol: CLIENT_PROTOCOL, client: { name: 'bench', version: '0' } };
  return {
    name: 'HisCRM-IM',
    pid: master.pid,
    subscribe: swarmAt(master.port, () => [
      {
        send: upgradeRequest(CLIENT_PATH, {
          authorization: `Bearer ${token}`,
          'sec-websocket-protocol': CLIENT_SUBPROTOCOL,
        }),
        until: '\r\n\r\n',
      },
      { send: clientTextFrame(JSON.stringify(hello)), until: '"snapshot"' },
    ]),
    heartbeat: clientTextFrame('{"type":"ping"}'),
    publish: async (n) => {
      const change = message(accountId, 1, n, { text: '你好，还有货吗？', rawTime: marker(n) });
      const answer = await worker.send(accountId, [change], { leaseToken });
      if (!answer.ok) throw new Error(`message ${n} was refused: ${JSON.stringify(answer.error)}`);
    },
    close: async () => {
      worker.close();
      await master.close();
      folder.remove();
    },
  };
};
