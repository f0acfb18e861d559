import { Client } from 'pg';
import { boundedQuery, type DirectoryRow, type DirectorySource, SOURCE_TIMEOUTS } from './directory-source.ts';

/** Users in PostgreSQL. */
export class PostgresSource implements DirectorySource {
  readonly kind = 'postgresql';
  readonly #url: string;
  readonly #query: string;

  constructor(options: { readonly url: string; readonly query: string }) {
    this.#url = options.url;
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
    const client = new Client({
      connectionString: this.#url,
      connectionTimeoutMillis: SOURCE_TIMEOUTS.connectMs,
      application_name: 'hiscrm-im',
    });
    // A connection that breaks rejects what waits for it as well; without a listener it would end the process.
    client.on('error', () => undefined);
    // While a query runs this cuts the connection.
    const cut = (): void => void client.end().catch(() => undefined);
    signal.addEventListener('abort', cut, { once: true });
    try {
      await client.connect();
      await client.query('BEGIN TRANSACTION READ ONLY');
      // Not a startup parameter: poolers in between refuse those.
      await client.query(`SET LOCAL statement_timeout = ${SOURCE_TIMEOUTS.queryMs}`);
      const { rows } = await client.query<DirectoryRow>(boundedQuery(this.#query, limitCount));
      await client.query('ROLLBACK');
      return rows;
    } finally {
      signal.removeEventListener('abort', cut);
      cut();
    }
  }
}
