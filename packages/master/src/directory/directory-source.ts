/** One row of the other system, by column name, as its driver gives it. */
export type DirectoryRow = Readonly<Record<string, unknown>>;

/** Where the users of another system are read from. */
export interface DirectorySource {
  readonly kind: 'postgresql' | 'mysql';
  /**
   * Every row, over a connection of its own that changes nothing and is closed afterwards; at most `limitCount` of them.
   * Rejects with what the driver says, and soon after the signal was aborted. No error holds the address's password.
   */
  read(options: { readonly limitCount: number; readonly signal: AbortSignal }): Promise<readonly DirectoryRow[]>;
}

/** How long a source waits for a connection and for each answer. */
export const SOURCE_TIMEOUTS = { connectMs: 5_000, queryMs: 10_000 } as const;

/** The configured query, bounded where it runs: what is too much never crosses the wire. */
export const boundedQuery = (query: string, limitCount: number): string =>
  `SELECT * FROM (\n${query}\n) AS hiscrm_directory LIMIT ${limitCount}`;
