import type { FlagFilter } from './record-flags.ts';

export type RecordSort = 'created' | 'received' | 'read' | 'confirmed';

/** What a list of receive records asks for. */
export type RecordQuery = FlagFilter & {
  readonly messageId?: string | undefined;
  readonly userId?: string | undefined;
  /** A part of the user name, case-insensitive. */
  readonly username?: string | undefined;
  /** When the notice was sent (ms UTC), both included. */
  readonly fromAt?: number | undefined;
  readonly toAt?: number | undefined;
  readonly sort: RecordSort;
  readonly isDescending: boolean;
  readonly page: number;
  readonly pageSize: number;
};
