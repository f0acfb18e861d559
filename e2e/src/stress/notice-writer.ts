import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../harness/random.ts';

/** The Master is just being started again, or its lanes are full. */
const RETRY_MS = 150;
/** Between two notices of one writer. */
const PACE_MS = 4;
const WRITER_COUNT = 4;

type Sent = { readonly messageId: string; readonly userIds: readonly string[] };

/**
 * Sends notices over REST like a program that must not lose one: the same id again until it is answered. What was accepted,
 * and for whom, is the truth to hold the Master to.
 */
export class NoticeWriter {
  /** Accepted with 202. */
  readonly accepted: Sent[] = [];
  /** Requests that had to be sent again. */
  retryCount = 0;
  readonly #acceptedCounts = new Map<string, number>();
  readonly #baseUrl: () => string;
  readonly #token: string;
  readonly #userIds: readonly string[];
  readonly #random: Random;
  readonly #mayGoOn: () => boolean;
  #isDraining = false;
  #number = 0;
  #running: Promise<unknown> = Promise.resolve();

  /** `mayGoOn` holds the writers back, so that no user has more waiting than the hub keeps. */
  constructor(options: {
    readonly baseUrl: () => string;
    readonly token: string;
    readonly userIds: readonly string[];
    readonly random: Random;
    readonly mayGoOn: () => boolean;
  }) {
    this.#baseUrl = options.baseUrl;
    this.#token = options.token;
    this.#userIds = options.userIds;
    this.#random = options.random;
    this.#mayGoOn = options.mayGoOn;
  }

  /** Accepted for this user. */
  acceptedCount(userId: string): number {
    return this.#acceptedCounts.get(userId) ?? 0;
  }

  start(): void {
    this.#isDraining = false;
    this.#running = Promise.all(Array.from({ length: WRITER_COUNT }, () => this.#write()));
  }

  /** Begins nothing more; resolves when everything begun is accepted. Safe twice. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#running;
  }

  async #write(): Promise<void> {
    while (!this.#isDraining) {
      if (this.#mayGoOn()) await this.#send();
      await pause(PACE_MS);
    }
  }

  async #send(): Promise<void> {
    this.#number += 1;
    const messageId = `stress-${this.#number}`;
    const chosen = this.#userIds.filter(() => this.#random.chance(0.5));
    const userIds = chosen.length > 0 ? chosen : [...this.#userIds];
    const body = JSON.stringify({
      messageId,
      content: `第 ${this.#number} 条`,
      target: { kind: 'users', userIds },
      priority: this.#random.pick(['low', 'normal', 'high', 'urgent']),
      needConfirm: this.#random.chance(0.3),
    });
    for (;;) {
      const answer = await this.#post(body);
      if (answer?.status === 202) break;
      if (answer && answer.status !== 503) throw new Error(`a notice was answered ${answer.status}: ${answer.text}`);
      this.retryCount += 1;
      await pause(RETRY_MS);
    }
    this.accepted.push({ messageId, userIds });
    for (const userId of userIds) this.#acceptedCounts.set(userId, this.acceptedCount(userId) + 1);
  }

  /** Undefined when nobody answered. */
  async #post(body: string): Promise<{ readonly status: number; readonly text: string } | undefined> {
    try {
      const response = await fetch(`${this.#baseUrl()}/api/admin/system/notice`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
        body,
      });
      return { status: response.status, text: await response.text() };
    } catch {
      // The Master died under the request: whether it was accepted is not known, which is what this is for.
      return undefined;
    }
  }
}
