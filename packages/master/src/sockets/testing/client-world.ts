import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { assert } from '@hiscrm/shared/lib/must.ts';
import {
  CLIENT_PATH,
  CLIENT_SUBPROTOCOL,
  type ClientDown,
  clientDownSchema,
  type DownOf,
} from '@hiscrm/shared/protocol/client-link.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { textParserOf } from '@hiscrm/shared/protocol/validate.ts';
import { WebSocket } from 'ws';
import { createRunCommand } from '../../commands/run-command.ts';
import { Hub } from '../../hub/hub.ts';
import { HUB_LIMITS } from '../../hub/hub-limits.ts';
import { MemoryMaster } from '../../hub/testing/memory-master.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { ShownReport } from '../client-connection.ts';
import { CLIENT_LIMITS, type ClientLimits } from '../client-limits.ts';
import { ClientServer } from '../client-server.ts';
import { FakeAuthenticator } from './fake-authenticator.ts';

const parse = textParserOf(clientDownSchema);

/** A server on a free port of loopback, with everything real but log, clock and logins. */
export async function openClientWorld(limits: Partial<ClientLimits> = {}) {
  const clock = new FakeClock();
  const master = new MemoryMaster({ now: () => clock.now() });
  const authenticator = new FakeAuthenticator();
  authenticator.login('root');
  const httpServer = createServer();
  const hub = new Hub({ log: master, store: master.store, clock, limits: HUB_LIMITS, lc: silentLogger });
  master.listeners.push((publication) => hub.publish(publication));
  let ids = 0;
  const newId = (): string => `id-${++ids}`;
  const undriven = (): Promise<never> => Promise.reject(new ImError('ACCOUNT_NOT_DRIVEN'));
  const runCommand = createRunCommand({
    store: master.store,
    committer: master,
    workers: { requestSync: undriven, startLogin: undriven },
    notices: { receive: undriven, readAll: undriven },
    clock,
    newId,
    platforms: ['douyin'],
  });
  const shown: ShownReport[] = [];
  const server = new ClientServer({
    httpServer,
    hub,
    store: master.store,
    authenticator,
    runCommand,
    clock,
    limits: { ...CLIENT_LIMITS, ...limits },
    lc: silentLogger,
    newId,
    serverVersion: 'test',
    allowedOrigins: ['https://crm.example'],
    trustProxy: false,
    onShown: (report) => shown.push(report),
  });
  const port = await listen(httpServer);
  const clients: TestClient[] = [];
  const connect = async (token = 'root'): Promise<TestClient> => {
    const client = new TestClient(`ws://127.0.0.1:${port}${CLIENT_PATH}?token=${token}`);
    clients.push(client);
    await client.opened;
    return client;
  };
  const close = async (): Promise<void> => {
    for (const client of clients) client.ws.terminate();
    await server.close();
    hub.close();
    await new Promise((resolve) => httpServer.close(resolve));
  };
  return { clock, master, authenticator, httpServer, hub, server, shown, port, connect, close };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)); // a TCP server has a port
  });
}

/** A client that keeps every frame, each checked against its schema. */
export class TestClient {
  readonly ws: WebSocket;
  readonly frames: ClientDown[] = [];
  readonly opened: Promise<void>;
  readonly closed: Promise<number>;
  #waiting: (() => void)[] = [];
  #read = 0;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.ws = new WebSocket(url, CLIENT_SUBPROTOCOL, { headers });
    this.opened = new Promise((resolve, reject) => {
      this.ws.once('open', () => resolve());
      this.ws.once('error', reject);
    });
    this.closed = new Promise((resolve) => this.ws.once('close', (code) => resolve(code)));
    this.ws.on('message', (data: Buffer) => {
      const parsed = parse(data.toString());
      assert(parsed.ok, () => `not a frame: ${parsed.ok ? '' : parsed.reason} ${data.toString().slice(0, 200)}`);
      this.frames.push(parsed.value);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  send(frame: unknown): void {
    this.ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }
  hello(resume?: unknown): void {
    this.send({
      type: 'hello',
      protocol: 1,
      client: { name: 't', version: '1' },
      ...(resume !== undefined && { resume }),
    });
  }
  /** The next frame of this type that was not asked for before; frames of other types before it are passed over. */
  async next<T extends ClientDown['type']>(type: T): Promise<DownOf<T>> {
    for (;;) {
      while (this.#read < this.frames.length) {
        const frame = this.frames[this.#read++];
        if (frame?.type === type) return frame as DownOf<T>; // told apart by its type
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}
