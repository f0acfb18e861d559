import { setTimeout as pause } from 'node:timers/promises';
import type { RestApi } from '@hiscrm/e2e/harness/rest-api.ts';

/** A sender that was refused comes again sooner than it is told to: the bench wants the lanes full. */
const RETRY_MS = 20;
const RETRY_LIMIT_COUNT = 500;

export type NoticeBody = {
  readonly messageId: string;
  readonly content: string;
  readonly target: 'all' | { readonly kind: 'users'; readonly userIds: readonly string[] };
  readonly priority?: 'low' | 'normal' | 'high' | 'urgent';
};

/** Sends one notice until it is accepted. Gives how often the lanes were too full. */
export async function sendNotice(admin: RestApi, body: NoticeBody): Promise<number> {
  for (let refusedCount = 0; refusedCount < RETRY_LIMIT_COUNT; refusedCount++) {
    const response = await fetch(`${admin.baseUrl}/api/admin/system/notice`, {
      method: 'POST',
      headers: { ...admin.headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status === 202) return refusedCount;
    if (response.status !== 503) throw new Error(`a notice was answered ${response.status}: ${text}`);
    await pause(RETRY_MS);
  }
  throw new Error('the lanes stayed full');
}
