/** The servers of the fan-out suite: how each is started, how one subscribes to it, how one publishes. */
import { connect } from 'node:net';
import { Child } from '@hiscrm/e2e/harness/child.ts';
import { until } from '@hiscrm/e2e/harness/until.ts';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { startPeer } from '../lib/peer-process.ts';
import { marker, type Step, type Subscribers, Swarm } from '../lib/swarm.ts';
import { clientTextFrame, upgradeRequest } from '../lib/ws-bytes.ts';

/** What is published: 200 bytes, the marker in front. */
const PAYLOAD_BYTES = 200;

/** A running server of one kind, with one publisher connected. */
export type FanPeer = {
  readonly name: string;
  readonly pid: number;
  /** Connects so many subscribers; `close` of the answer hangs up. */
  readonly subscribe: (count: number) => Promise<Subscribers>;
  /** Looks, when all is measured, what the server knows about its deliveries. */
  readonly conclude?: (() => Promise<void>) | undefined;
  /** What a subscriber has to say within a minute to stay connected. */
  readonly heartbeat?: Buffer | undefined;
  /** Hands message `n` to the server. A promise, where one comes back, rejects when the server refuses it. */
  readonly publish: (n: number) => unknown;
  readonly close: () => Promise<void>;
};

export type StartFanPeer = (options: { cpu: number | undefined; subscribers: number }) => Promise<FanPeer>;

/** The text of message `n` at the peers. */
export const payload = (n: number): string => marker(n).padEnd(PAYLOAD_BYTES, 'x');

/** Subscribers that go through these steps, and answer to what each read brings them. */
export const swarmAt =
  (port: number, stepsOf: () => readonly Step[], answer?: Swarm['answer']) =>
  async (count: number): Promise<Subscribers> => {
    const swarm = new Swarm();
    try {
      await swarm.open(port, count, stepsOf);
    } catch (error) {
      swarm.close();
      throw error;
    }
    swarm.answer = answer;
    return swarm;
  };

const upgradeStep: Step = { send: upgradeRequest('/'), until: '\r\n\r\n' };

/** Bare `ws`: `once` writes one encoded frame to all, `each` calls `send` for each. */
export const wsPeer =
  (how: 'once' | 'each'): StartFanPeer =>
  async ({ cpu }) => {
    const { child, port } = await startPeer('fan-ws', cpu, [how]);
    const publisher = new WebSocket(`ws://127.0.0.1:${port}/`);
    await new Promise((resolve, reject) => publisher.once('open', resolve).once('error', reject));
    return {
      name: how === 'once' ? 'ws, frame encoded once' : 'ws, send per client',
      pid: child.pid,
      subscribe: swarmAt(port, () => [upgradeStep]),
      publish: (n) => publisher.send(payload(n)),
      close: async () => {
        publisher.terminate();
        await child.close();
      },
    };
  };

/** Socket.IO. `ack`: each client acknowledges each message, which is what Socket.IO has for a delivery that must be known. */
const socketIo =
  (how: 'plain' | 'ack'): StartFanPeer =>
  async ({ cpu }) => {
    const { child, port } = await startPeer('fan-socket-io', cpu, [how]);
    const publisher = io(`http://127.0.0.1:${port}`, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
    });
    publisher.on('m', (_text: string, acknowledge?: () => void) => acknowledge?.());
    await new Promise((resolve, reject) =>
      publisher.once('connect', () => resolve(undefined)).once('connect_error', reject),
    );
    return {
      name: how === 'ack' ? 'Socket.IO io.emit, acknowledged' : 'Socket.IO io.emit',
      pid: child.pid,
      subscribe: swarmAt(
        port,
        () => [
          { send: upgradeRequest('/socket.io/?EIO=4&transport=websocket'), until: '0{' },
          { send: clientTextFrame('40'), until: '40{' },
        ],
        how === 'ack' ? socketIoAcks : undefined,
      ),
      publish: (n) => void publisher.emit('publish', payload(n)),
      close: async () => {
        publisher.close();
        await child.close();
      },
    };
  };

export const socketIoPeer = socketIo('plain');
export const socketIoAckPeer = socketIo('ack');

/** The server counts what it broadcasts from 0; messages here count from 1. */
function socketIoAcks(first: number, last: number): Buffer {
  const frames: Buffer[] = [];
  for (let n = first; n <= last; n++) frames.push(clientTextFrame(`43${n - 1}[]`));
  return Buffer.concat(frames);
}

/** NATS over TCP, its own text protocol. Needs the program `nats-server`. */
export const natsPeer: StartFanPeer = async ({ cpu }) => {
  const child = new Child({ command: 'nats-server', args: ['-a', '127.0.0.1', '-p', '-1'], cpu });
  const port = await until('nats-server to listen', () => {
    const match = /client connections on [^\s]+:(\d+)/.exec(child.output);
    return match ? Number(match[1]) : undefined;
  });
  const publisher = connect({ host: '127.0.0.1', port, noDelay: true });
  publisher.on('data', (chunk) => {
    if (chunk.includes('PING')) publisher.write('PONG\r\n');
  });
  publisher.write('CONNECT {"verbose":false}\r\n');
  return {
    name: 'NATS server, TCP',
    pid: child.pid,
    subscribe: swarmAt(port, () => [
      { send: Buffer.alloc(0), until: 'INFO ' },
      { send: Buffer.from('CONNECT {"verbose":false}\r\nSUB t 1\r\nPING\r\n'), until: 'PONG' },
    ]),
    heartbeat: Buffer.from('PONG\r\n'),
    publish: (n) => void publisher.write(`PUB t ${PAYLOAD_BYTES}\r\n${payload(n)}\r\n`),
    close: async () => {
      publisher.destroy();
      await child.close();
    },
  };
};
