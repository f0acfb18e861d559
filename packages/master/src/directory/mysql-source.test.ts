import { directorySourceContract } from './directory-source.contract.ts';
import { mariadbKind } from './testing/mariadb-server.ts';

directorySourceContract('MariaDB', {
  kind: mariadbKind(),
  table: 'crm.users',
  slowQuery: 'SELECT id, username FROM users WHERE SLEEP(60) = 0',
  beforeWriting: 'CREATE SEQUENCE crm.counter',
  writingQuery: `SELECT NEXT VALUE FOR counter AS id, 'x' AS username`,
});
