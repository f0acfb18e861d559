import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on a free loopback port, tells it on stdout, and ends with SIGTERM. */
export function listenAndTell(server: Server): void {
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () => {
    const { port } = server.address() as AddressInfo; // a listening TCP server has one
    console.log(`listening ${port}`);
  });
  process.once('SIGTERM', () => process.exit(0));
}
