import { randomUUID } from 'node:crypto';
import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { Server } from 'socket.io';
import type { Auth } from '../auth/auth.ts';
import { CredentialVault } from '../auth/credential-vault.ts';
import { SecretBox } from '../auth/secret-box.ts';
import type { RunCommand } from '../commands/command-request.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Publication } from '../ingest/committer.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Logger } from '../lib/logger.ts';
import { CredentialTables } from '../log/credential-tables.ts';
import { CompatAccess } from '../sockets/compat/compat-access.ts';
import { AdminServer } from '../sockets/compat-admin/admin-server.ts';
import { ClientEdge } from '../sockets/compat-client/client-edge.ts';
import { MonitorServer } from '../sockets/compat-monitor/monitor-server.ts';
import { ForeignWorkers } from '../sockets/compat-worker/foreign-workers.ts';
import type { StoreReader } from '../store/store-reader.ts';
import type { Closer } from './closer.ts';

/** The edges for what exists already: PC clients, their desktop part, admin pages, and Workers. */
export type Compat = {
  readonly access: CompatAccess;
  readonly vault: CredentialVault;
  readonly workers: ForeignWorkers;
  readonly monitors: MonitorServer;
  readonly clients: ClientEdge;
  readonly admins: AdminServer;
};

/** Opens them on the Socket.IO server; they hear every durable row through `listeners`. */
export function openCompat(parts: {
  readonly io: Server;
  readonly databasePath: string;
  readonly secretKey: Buffer;
  readonly isAnonymousServed: boolean;
  readonly allowedOrigins: readonly string[];
  readonly platforms: readonly string[];
  readonly store: StoreReader;
  readonly listeners: ((publication: Publication) => void)[];
  readonly auth: Auth;
  readonly fleet: Fleet;
  readonly ingest: Ingest;
  readonly runCommand: RunCommand;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly closer: Closer;
}): Compat {
  const { io, store, auth, fleet, ingest, runCommand, clock, closer, logger } = parts;
  const tables = new CredentialTables(parts.databasePath);
  closer.add('credential tables', () => tables.close());
  const vault = new CredentialVault({ tables, box: new SecretBox(parts.secretKey), lc: logger });
  const access = new CompatAccess({ authenticator: auth, isAnonymousServed: parts.isAnonymousServed, lc: logger });
  const shared = { io, access, authenticator: auth, store, clock, newId: randomUUID, lc: logger };
  const workers = new ForeignWorkers({ ...shared, fleet, ingest, vault });
  const monitors = new MonitorServer({
    ...shared,
    runCommand,
    workerStatus: () => fleet.status(),
    workerPlace: (workerId) => workers.placeOf(workerId),
    platforms: parts.platforms,
  });
  closer.add('monitor sockets', () => monitors.close());
  const clients = new ClientEdge({ ...shared, workers });
  closer.add('desktop sockets', () => clients.close());
  const admins = new AdminServer({ ...shared, allowedOrigins: parts.allowedOrigins, workers, runCommand });
  closer.add('admin sockets', () => admins.close());
  for (const edge of [workers, monitors, clients, admins])
    parts.listeners.push((publication) => edge.onPublication(publication));
  return { access, vault, workers, monitors, clients, admins };
}
