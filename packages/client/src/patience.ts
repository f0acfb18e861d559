import { backoffMs } from '@hiscrm/shared/lib/backoff.ts';
import type { WireError } from '@hiscrm/shared/protocol/errors.ts';

const FIRST_MS = 500;
const CAP_MS = 10_000;

/** How long to wait before what was refused is sent again: longer each time, and what the server asked for at least. */
export function patienceMs(error: WireError, refusalCount: number, random: number): number {
  const asked = error.details?.retryAfterMs;
  const backoff = backoffMs({ attempt: refusalCount, firstMs: FIRST_MS, capMs: CAP_MS, random });
  return Math.max(backoff, typeof asked === 'number' ? Math.min(asked, CAP_MS) : 0);
}
