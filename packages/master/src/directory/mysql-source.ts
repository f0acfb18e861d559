import { createConnection, type RowDataPacket } from 'mysql2';
import { boundedQuery, type DirectoryRow, type DirectorySource, SOURCE_TIMEOUTS } from './directory-source.ts';

/** Users in MySQL or MariaDB. */
export class MysqlSource implements DirectorySource {
  readonly kind = 'mysql';
  readonly #url: string;
  readonly #query: string;

  constructor(options: { readonly url: string; readonly query: string }) {
    this.#url = options.url.replace(/^mariadb:/, 'mysql:');
    this.#query = options.query;
  }

  async read({
    limitCount,
    signal,
  }: {
    readonly limitCount: number;
    readonly signal: AbortSignal;
  }): Promise<readonly DirectoryRow[]> {
    signal.throwIfAborted();
    const connection = createConnection({
      uri: this.#url,
      connectTimeout: SOURCE_TIMEOUTS.connectMs,
      charset: 'utf8mb4',
      // Ids above 2^53 stay what they are.
      supportBigNumbers: true,
      bigNumberStrings: true,
    });
    // A connection that breaks rejects what waits for it as well; without a listener it would end the process.
    connection.on('error', () => undefined);
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    try {
      // What waits for a connection that is cut may never be answered.
      return await Promise.race([this.#rows(connection.promise(), limitCount), aborted]);
    } finally {
      connection.destroy();
    }
  }

  async #rows(
    connection: ReturnType<ReturnType<typeof createConnection>['promise']>,
    limitCount: number,
  ): Promise<readonly DirectoryRow[]> {
    const timeout = SOURCE_TIMEOUTS.queryMs;
    await connection.query({ sql: 'START TRANSACTION READ ONLY', timeout });
    const [rows] = await connection.query<RowDataPacket[]>({ sql: boundedQuery(this.#query, limitCount), timeout });
    await connection.end();
    return rows;
  }
}
