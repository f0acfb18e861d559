import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { ENVELOPE_VERSION, WORKER_EVENT, WORKER_NAMESPACE } from '@hiscrm/shared/protocol/worker-link.ts';
import { io, type Socket } from 'socket.io-client';
import { Fleet } from '../../fleet/fleet.ts';
import { FLEET_LIMITS } from '../../fleet/fleet-limits.ts';
import { SyncBoard } from '../../fleet/sync-board.ts';
import { MemoryMaster } from '../../hub/testing/memory-master.ts';
import { type BatchWait, Ingest } from '../../ingest/ingest.ts';
import { silentLogger } from '../../lib/logger.ts';
import { createSocketIoServer } from '../socket-io-server.ts';
import { WorkerServer } from '../worker-server.ts';
import { FakeAuthenticator } from './fake-authenticator.ts';

/** A Workers' door on a free port of loopback, with everything real but log, clock and keys. For tests only. */
export async function openWorkerWorld(options: Pick<ConstructorParameters<typeof WorkerServer>[0], 'foreign'> = {}) {
  const clock = new FakeClock();
  const master = new MemoryMaster({ now: () => clock.now() });
  const authenticator = new FakeAuthenticator();
  authenticator.workerKeys.set('key-1', 'one');
  authenticator.workerKeys.set('key-2', 'two');
  const fleet = new Fleet({ store: master.store, committer: master, clock, limits: FLEET_LIMITS, lc: silentLogger });
  master.listeners.push((publication) => fleet.onPublication(publication));
  const waits: BatchWait[] = [];
  const ingest = new Ingest({
    store: master.store,
    committer: master,
    syncBoard: new SyncBoard(),
    clock,
    onWaited: (wait) => waits.push(wait),
  });
  const httpServer = createServer();
  const server = createSocketIoServer({ httpServer, allowedOrigins: [], connectionLimitCount: 100 });
  const workers = new WorkerServer({ io: server, ingest, fleet, authenticator, clock, lc: silentLogger, ...options });
  await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve));
  const { port } = httpServer.address() as AddressInfo; // a TCP server has a port
  const sockets: Socket[] = [];
  const connect = async (key = 'key-1'): Promise<Socket> => {
    const socket = io(`http://127.0.0.1:${port}${WORKER_NAMESPACE}`, {
      auth: { key },
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
    });
    sockets.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return socket;
  };
  /** Sends one message and gives the answer. */
  const ask = (socket: Socket, type: string, payload: unknown): Promise<Record<string, unknown>> =>
    socket
      .timeout(5_000)
      .emitWithAck(WORKER_EVENT, { type, version: ENVELOPE_VERSION, payload, timestamp: clock.now() });
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.disconnect();
    workers.close();
    await fleet.close();
    await server.close();
  };
  return { clock, master, authenticator, fleet, workers, waits, port, connect, ask, close };
}
