import { ImError } from '@hiscrm/shared/protocol/errors.ts';

const DAY_MS = 24 * 3_600_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A moment as programs write it: ms since the epoch, ISO 8601, or a day in UTC. `isEnd` takes a day to its last ms. */
export function momentOf(value: string | number | undefined, name: string, isEnd: boolean = false): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  if (/^\d{10,14}$/.test(value)) return Number(value);
  const at = Date.parse(value);
  if (Number.isNaN(at)) throw new ImError('BAD_REQUEST', { reason: `${name} is no date` });
  return isEnd && DAY.test(value) ? at + DAY_MS - 1 : at;
}

export const iso = (at: number): string => new Date(at).toISOString();
/** 0 stands for never. */
export const isoOrNull = (at: number | undefined): string | null => (at === undefined || at === 0 ? null : iso(at));
