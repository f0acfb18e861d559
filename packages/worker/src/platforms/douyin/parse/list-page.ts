import { flagOf } from './fields.ts';
import type { JsonRecord } from './lossless-json.ts';

/** One answer of a list. The cursor is opaque: only its being the same as before means something. */
export type ListPage<F> = {
  readonly facts: readonly F[];
  readonly cursor: string;
  readonly hasMore: boolean;
};

export function pageOf<F>(answer: JsonRecord | undefined, facts: readonly F[], cursor: unknown): ListPage<F> {
  return {
    facts,
    cursor: typeof cursor === 'number' || typeof cursor === 'string' ? String(cursor) : '',
    hasMore: flagOf(answer?.has_more) ?? false,
  };
}
