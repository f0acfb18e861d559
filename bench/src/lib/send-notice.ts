import { setTimeout as pause } from 'node:timers/promises';
import type { RestApi } from '@hiscrm/e2e/harness/rest-api.ts';

/** A sender that was refused comes again sooner than it is told to: the bench wants the lanes full. */
const RETRY_MS = 20;
const RETRY_LIMIT_COUNT = 500;
/** A kept connection may end just as a request is written to it. */
const CUT_LIMIT_COUNT = 5;

export type NoticeBody = {
  readonly messageId: string;
  readonly content: string;
  readonly target: 'all' | { readonly kind: 'users'; readonly userIds: readonly string[] };
  readonly priority?: 'low' | 'normal' | 'high' | 'urgent';
};

/** Sends one notice until it is accepted; its id makes that safe. Gives how often the lanes were too full. */
export async function sendNotice(admin: RestApi, body: NoticeBody): Promise<number> {
  let refusedCount = 0;
  let cutCount = 0;
  while (refusedCount < RETRY_LIMIT_COUNT) {
    const answer = await post(admin, body);
    if (answer?.status === 202) return refusedCount;
    if (answer && answer.status !== 503) throw new Error(`a notice was answered ${answer.status}: ${answer.text}`);
    if (answer) refusedCount += 1;
    else cutCount += 1;
    if (cutCount > CUT_LIMIT_COUNT) throw new Error('the Master does not answer any more');
    await pause(RETRY_MS);
  }
  throw new Error('the lanes stayed full');
}

/** Undefined when the connection ended before the answer. */
async function post(
  admin: RestApi,
  body: NoticeBody,
): Promise<{ readonly status: number; readonly text: string } | undefined> {
  try {
    const response = await fetch(`${admin.baseUrl}/api/admin/system/notice`, {
      method: 'POST',
      headers: { ...admin.headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if (error instanceof TypeError) return undefined; // what fetch throws for anything about the connection
    throw error;
  }
}
