import { directorySourceContract } from './directory-source.contract.ts';
import { postgresKind } from './testing/postgres-server.ts';

directorySourceContract('PostgreSQL', {
  kind: postgresKind(),
  table: 'users',
  slowQuery: `SELECT id, username FROM users, pg_sleep(60)`,
  beforeWriting: 'CREATE SEQUENCE counter; GRANT ALL ON SEQUENCE counter TO reader',
  writingQuery: `SELECT nextval('counter') AS id, 'x' AS username`,
});
