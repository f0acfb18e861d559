import { createHash } from 'node:crypto';
import { type Clock, wait } from '@hiscrm/shared/lib/clock.ts';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import {
  type ConfirmPlan,
  NOTICE_DATA_LIMIT_BYTES,
  type Notice,
  type NoticePriority,
  type NoticeTarget,
  type NoticeWords,
  RECIPIENTS_LIMIT_COUNT,
} from '@hiscrm/shared/model/notice.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { DIGEST_ID_PREFIX, NOTICE_SERVER_TYPES } from '@hiscrm/shared/protocol/notice-link.ts';
import type { Committer } from '../ingest/committer.ts';
import { audienceOf } from './audience.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type LiveNotice, PRIORITY_RANK } from './live-notice.ts';
import type { NoticeBook } from './notice-book.ts';
import type { NoticeLimits } from './notice-limits.ts';
import type { Presence } from './presence.ts';
import { RecipientColumns } from './recipients.ts';
import type { CachedDirectory, Person } from './user-directory.ts';

/** What a sender asks for. */
export type SendRequest = {
  readonly messageId?: string | undefined;
  /** The Idempotency-Key of the request. */
  readonly key?: string | undefined;
  readonly type: string;
  readonly title?: string | undefined;
  readonly content: string;
  readonly words?: { readonly zh?: NoticeWords; readonly en?: NoticeWords } | undefined;
  readonly data?: unknown;
  readonly priority: NoticePriority;
  readonly target: NoticeTarget;
  readonly needConfirm: boolean;
  readonly confirmPlan?: ConfirmPlan | undefined;
  readonly expiresAt?: number | undefined;
  readonly supersedes?: string | undefined;
  /** Sends later; the target is resolved then. */
  readonly sendAt?: number | undefined;
};

export type SendResult = {
  readonly messageId: string;
  readonly recipients: number;
  readonly online: number;
  /** Recipients for whom it waits. */
  readonly queued: number;
  readonly scheduledAt?: number;
};

/** What a refused sender waits before it tries again. */
const RETRY_AFTER_MS = 1_000;
/** How often a sender that waits for room looks again. */
const ROOM_POLL_MS = 5;
/** Senders that may wait for room at a time; one more is refused at once. */
const ROOM_WAITERS_COUNT = 64;

/** Accepts notices: each is refused, or durable for every recipient before the answer; the same id or key never sends twice. */
export class NoticeSender {
  readonly #book: NoticeBook;
  readonly #committer: Committer;
  readonly #directory: CachedDirectory;
  readonly #dispatcher: Dispatcher;
  readonly #columns: RecipientColumns;
  readonly #clock: Clock;
  readonly #limits: NoticeLimits;
  readonly #newId: () => string;
  readonly #inFlight = new Map<string, { readonly digest: string; readonly result: Promise<SendResult> }>();
  #roomWaiterCount = 0;
  #refusedCount = 0;

  constructor(options: {
    readonly book: NoticeBook;
    readonly committer: Committer;
    readonly directory: CachedDirectory;
    readonly dispatcher: Dispatcher;
    readonly presence: Presence;
    readonly clock: Clock;
    readonly limits: NoticeLimits;
    readonly newId: () => string;
  }) {
    this.#book = options.book;
    this.#committer = options.committer;
    this.#directory = options.directory;
    this.#dispatcher = options.dispatcher;
    this.#columns = new RecipientColumns(options);
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#newId = options.newId;
  }

  /** Notices refused because the lanes were full. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** How many users a target means right now. */
  audienceCount(target: NoticeTarget): { readonly recipients: number; readonly online: number } {
    const people = audienceOf(target, this.#directory, this.#book.groups);
    return { recipients: people.length, online: this.#columns.onlineCount(people) };
  }

  /** Rejects with BAD_REQUEST, KEY_REUSED, OVERLOADED, or what the log rejects with; then nothing was sent. */
  async send(request: SendRequest, senderId: UserId): Promise<SendResult> {
    const digest = digestOf(request, senderId);
    const names = [
      ...(request.messageId === undefined ? [] : [`id ${request.messageId}`]),
      ...(request.key === undefined ? [] : [`key ${senderId} ${request.key}`]),
    ];
    const earlier = this.#earlier(request, senderId, digest, names);
    if (earlier) return earlier;
    const result = this.#accept(request, senderId, digest);
    for (const name of names) this.#inFlight.set(name, { digest, result });
    try {
      return await result;
    } finally {
      for (const name of names) this.#inFlight.delete(name);
    }
  }

  /** Sends a scheduled notice that is due. */
  async sendScheduled(scheduled: LiveNotice): Promise<void> {
    await this.#dispatch(scheduled.notice);
  }

  #earlier(
    request: SendRequest,
    senderId: UserId,
    digest: string,
    names: readonly string[],
  ): Promise<SendResult> | undefined {
    for (const name of names) {
      const running = this.#inFlight.get(name);
      if (running) return running.digest === digest ? running.result : Promise.reject(new ImError('KEY_REUSED'));
    }
    const known =
      (request.messageId === undefined ? undefined : this.#book.shelf.byId(request.messageId)) ??
      (request.key === undefined ? undefined : this.#book.shelf.byKey(senderId, request.key));
    if (!known) return undefined;
    if (known.notice.digest !== digest) return Promise.reject(new ImError('KEY_REUSED'));
    return Promise.resolve(resultOf(known));
  }

  async #accept(request: SendRequest, senderId: UserId, digest: string): Promise<SendResult> {
    const now = this.#clock.now();
    check(request, now);
    const { sendAt, key, ...rest } = request;
    const notice = withoutAbsent({ ...rest, messageId: request.messageId ?? this.#newId(), senderId, key, digest });
    if (sendAt === undefined || sendAt <= now) return this.#dispatch(notice);
    const scheduledCount = [...this.#book.shelf.open()].filter(({ status }) => status === 'scheduled').length;
    if (scheduledCount >= this.#limits.scheduledCount) {
      throw new ImError('BAD_REQUEST', { reason: `${this.#limits.scheduledCount} notices are scheduled already` });
    }
    await this.#committer.commit([{ kind: 'notice.scheduled', notice, sendAt }]);
    return { messageId: notice.messageId, recipients: 0, online: 0, queued: 0, scheduledAt: sendAt };
  }

  async #dispatch(notice: Notice): Promise<SendResult> {
    const people = this.#audience(notice);
    if (people.length > RECIPIENTS_LIMIT_COUNT) {
      throw new ImError('BAD_REQUEST', { reason: `at most ${RECIPIENTS_LIMIT_COUNT} recipients` });
    }
    const lane = PRIORITY_RANK[notice.priority];
    const roomCount = this.#columns.onlineCount(people);
    await this.#takeRoom(lane, roomCount);
    const { recipients, onlineCount } = this.#columns.make(notice, people, this.#clock.now());
    try {
      const { supersedes, messageId } = notice;
      await this.#committer.commit([
        ...(supersedes === undefined
          ? []
          : [
              {
                kind: 'notice.recalled' as const,
                messageId: supersedes,
                byUserId: notice.senderId,
                supersededBy: messageId,
              },
            ]),
        { kind: 'notice.sent', notice, recipients },
      ]);
    } finally {
      this.#dispatcher.release(lane, roomCount);
    }
    return {
      messageId: notice.messageId,
      recipients: people.length,
      online: onlineCount,
      queued: people.length - onlineCount,
    };
  }

  /** Everybody it is for, without those who do not want its type. */
  #audience(notice: Notice): readonly Person[] {
    const people = audienceOf(notice.target, this.#directory, this.#book.groups);
    if (notice.needConfirm || notice.priority === 'urgent' || this.#book.preferences.size === 0) return people;
    return people.filter(({ id }) => !this.#book.preferences.get(id)?.mutedTypes?.includes(notice.type));
  }

  async #takeRoom(lane: number, count: number): Promise<void> {
    const { lanes } = this.#dispatcher;
    if (lanes.reserve(lane, count)) return;
    const until = this.#clock.now() + this.#limits.roomPatienceMs;
    if (this.#roomWaiterCount >= ROOM_WAITERS_COUNT) this.#refuse();
    this.#roomWaiterCount++;
    try {
      while (this.#clock.now() < until) {
        await wait(this.#clock, ROOM_POLL_MS);
        if (lanes.reserve(lane, count)) return;
      }
    } finally {
      this.#roomWaiterCount--;
    }
    this.#refuse();
  }

  #refuse(): never {
    this.#refusedCount++;
    throw new ImError('OVERLOADED', { retryAfterMs: RETRY_AFTER_MS });
  }
}

function check(request: SendRequest, now: number): void {
  const refuse = (reason: string): never => {
    throw new ImError('BAD_REQUEST', { reason });
  };
  if (request.expiresAt !== undefined && request.expiresAt <= now) refuse('expiresAt has passed already');
  if ((NOTICE_SERVER_TYPES as readonly string[]).includes(request.type)) refuse(`type ${request.type} is the server's`);
  if (request.messageId?.startsWith(DIGEST_ID_PREFIX)) refuse(`ids with ${DIGEST_ID_PREFIX} are the server's`);
  if (request.data !== undefined && Buffer.byteLength(JSON.stringify(request.data) ?? '') > NOTICE_DATA_LIMIT_BYTES) {
    throw new ImError('TOO_LARGE', { limitBytes: NOTICE_DATA_LIMIT_BYTES });
  }
  if (request.sendAt !== undefined && request.expiresAt !== undefined && request.sendAt >= request.expiresAt) {
    refuse('it would expire before it is sent');
  }
}

/** The answer that the first request got. */
function resultOf(known: LiveNotice): SendResult {
  const { recipientCount, onlineCount, sendAt } = known.body;
  return {
    messageId: known.messageId,
    recipients: recipientCount,
    online: onlineCount,
    queued: recipientCount - onlineCount,
    ...(known.status === 'scheduled' && sendAt !== undefined && { scheduledAt: sendAt }),
  };
}

/** Tells a retry from another request under the same id or key. */
function digestOf(request: SendRequest, senderId: UserId): string {
  const { key: _key, ...asked } = request;
  return createHash('sha256')
    .update(JSON.stringify([senderId, asked]))
    .digest('base64url');
}

/** Absent fields are left out, as they are on the wire. */
function withoutAbsent(notice: { readonly [K in keyof Notice]: Notice[K] | undefined }): Notice {
  return Object.fromEntries(Object.entries(notice).filter(([, value]) => value !== undefined)) as Notice; // its own fields
}
