import type { FaultArgs, FaultKind } from './fault.ts';

export const PAGING_FAULTS: readonly FaultKind[] = [
  'dup_page',
  'overlap',
  'stuck_cursor',
  'empty_with_more',
  'has_more_lie',
];

export type Page<T> = { rows: T[]; cursor: number; hasMore: boolean };

/** One page by offset, honestly or with one of the platform's lies. */
export function pageOf<T>(
  all: readonly T[],
  offset: number,
  count: number,
  lie?: { kind: FaultKind; args: FaultArgs },
): Page<T> {
  const overlap = lie?.args.rows ?? 2;
  const slice = (from: number): T[] => all.slice(Math.max(0, from), Math.max(0, from) + count);
  const end = offset + count;
  const honest: Page<T> = { rows: slice(offset), cursor: Math.min(end, all.length), hasMore: end < all.length };
  switch (lie?.kind) {
    case 'dup_page':
      return offset === 0 ? honest : { rows: slice(offset - count), cursor: end, hasMore: true };
    case 'overlap':
      return { ...honest, rows: all.slice(Math.max(0, offset - overlap), end) };
    case 'stuck_cursor':
      return { rows: honest.rows, cursor: offset, hasMore: true };
    case 'empty_with_more':
      return { rows: [], cursor: offset, hasMore: true };
    case 'has_more_lie':
      return { ...honest, hasMore: lie.args.hasMore ?? !honest.hasMore };
    default:
      return honest;
  }
}
