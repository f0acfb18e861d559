import type { AccountRecord, WorkerRecord } from '@hiscrm/shared/model/records.ts';
import type { Session } from '@hiscrm/shared/model/session.ts';
import type { TextKey } from '../../i18n/zh-cn.ts';

export type SessionWords = {
  readonly tone: 'good' | 'busy' | 'warn' | 'bad' | 'off';
  readonly key: TextKey;
  /** When something will be tried again by itself. */
  readonly retryAt?: number;
};

const WORDS: Record<Session['kind'], SessionWords> = {
  unassigned: { tone: 'off', key: 'session.unassigned' },
  starting: { tone: 'busy', key: 'session.starting' },
  online: { tone: 'good', key: 'session.online' },
  loginRequired: { tone: 'bad', key: 'session.loginRequired' },
  awaitingScan: { tone: 'warn', key: 'session.awaitingScan' },
  challenge: { tone: 'bad', key: 'session.challenge' },
  backingOff: { tone: 'warn', key: 'session.backingOff' },
  paused: { tone: 'off', key: 'session.paused' },
};

/** How an account's session is called. An account whose Worker is away is not online, whatever was last reported. */
export function sessionWords(account: AccountRecord, workers: readonly WorkerRecord[]): SessionWords {
  if (account.isPaused) return WORDS.paused;
  const workerId = account.lease?.workerId;
  const worker = workerId ? workers.find(({ id }) => id === workerId) : undefined;
  if (account.session.kind !== 'unassigned' && worker && !worker.isOnline)
    return { tone: 'off', key: 'session.workerAway' };
  if (account.session.kind === 'online' && account.session.detail) return { tone: 'warn', key: 'session.limited' };
  const words = WORDS[account.session.kind];
  return account.session.kind === 'backingOff' ? { ...words, retryAt: account.session.retryAt } : words;
}

/** Why an account cannot be answered right now, or undefined when it can. */
export function blockedBecause(account: AccountRecord): TextKey | undefined {
  if (account.isPaused) return 'composer.paused';
  switch (account.session.kind) {
    case 'online':
    case 'starting':
    case 'backingOff':
      return undefined;
    case 'unassigned':
      return 'composer.unassigned';
    case 'loginRequired':
    case 'awaitingScan':
      return 'composer.loginRequired';
    case 'challenge':
      return 'composer.challenge';
    case 'paused':
      return 'composer.paused';
    default:
      return account.session satisfies never;
  }
}
