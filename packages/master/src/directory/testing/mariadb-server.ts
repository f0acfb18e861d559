/** MariaDB as it is installed on the machine. For tests only. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { createConnection } from 'mysql2/promise';
import { freePort, newFolder, PASSWORD, type RealServer, runToEnd, type ServerKind, serve } from './real-server.ts';

/** The server, if the machine has it: there is no npm package that holds one. */
export function mariadbKind(): ServerKind {
  const server = findProgram('mariadbd');
  const installer = findProgram('mariadb-install-db');
  if (!server || !installer) return { isThere: false, why: 'mariadbd is not installed on this machine' };
  return { isThere: true, open: () => openMariadb(server, installer) };
}

function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

async function openMariadb(server: string, installer: string): Promise<RealServer> {
  const folder = newFolder('mariadb');
  const data = join(folder, 'data');
  await runToEnd(installer, [
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
  ]);
  const port = await freePort();
  const socketPath = join(folder, 'socket');
  return serve({
    folder,
    file: server,
    args: [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${socketPath}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--pid-file=${join(folder, 'pid')}`,
      '--skip-name-resolve',
      '--innodb-flush-log-at-trx-commit=0',
    ],
    stopSignal: 'SIGTERM',
    url: `mariadb://reader:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/crm`,
    setUp: [
      'CREATE DATABASE crm CHARACTER SET utf8mb4',
      `CREATE USER reader@127.0.0.1 IDENTIFIED BY '${PASSWORD}'`,
      'GRANT ALL ON crm.* TO reader@127.0.0.1',
    ],
    run: async (sql) => {
      const connection = await createConnection({ socketPath, user: 'root', charset: 'utf8mb4' });
      await connection.query(sql).finally(() => connection.end());
    },
  });
}
