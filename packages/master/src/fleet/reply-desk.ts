import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ReplyId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord } from '@hiscrm/shared/model/records.ts';
import type { ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import { itemKindOf } from '@hiscrm/shared/model/topic-ref.ts';
import { type ReplyPayload, WORKER_MESSAGE } from '@hiscrm/shared/protocol/worker-link.ts';
import type { StoreReader } from '../store/store-reader.ts';
import type { FleetLimits } from './fleet-limits.ts';
import type { WorkerChannel } from './worker-channel.ts';

/** Why the machine cannot say what became of a reply, for people. */
const GONE = 'The Worker that had this reply went away before it said what became of it.';

/** Who drives an account, and under which lease. */
export type Holding = { readonly accountId: AccountId; readonly workerId: WorkerId; readonly token: number };

/** `taken` once the Worker said that it wrote it down; `unanswered` goes again with the next heartbeat. */
type Handed = { readonly workerId: WorkerId; progress: 'sending' | 'taken' | 'unanswered' };

/**
 * Hands replies to the Worker that drives their account, and never the same reply to two Workers: one that a Worker may have
 * seen is `unknown` as soon as the account goes to another (P4). What a Worker was handed it may be handed again, its
 * journal knows; what was attempted is never handed again.
 */
export class ReplyDesk {
  readonly #store: StoreReader;
  readonly #limits: FleetLimits;
  /** Replies requested before this moment may have been handed over by an earlier process. */
  readonly #startedAt: number;
  /** Who was handed what. One entry for each open reply at most. */
  readonly #handed = new Map<ReplyId, Handed>();

  constructor(options: { store: StoreReader; limits: FleetLimits; startedAt: number }) {
    this.#store = options.store;
    this.#limits = options.limits;
    this.#startedAt = options.startedAt;
  }

  get handedCount(): number {
    return this.#handed.size;
  }

  /** Replies of the account that were asked for and not attempted, as the register answer carries them. */
  handOver({ accountId, workerId, token }: Holding): readonly ReplyPayload[] {
    return this.#requestedOf(accountId).map((reply) => {
      this.#handed.set(reply.id, { workerId, progress: 'taken' });
      return this.#payloadOf(reply, token);
    });
  }

  /** Sends what the Worker has not taken yet, oldest first; what it does not take goes again with the next call. */
  async send(holding: Holding, channel: WorkerChannel): Promise<void> {
    const { accountId, workerId, token } = holding;
    for (const { id } of this.#requestedOf(accountId)) {
      const before = this.#handed.get(id);
      if (before?.workerId === workerId && before.progress !== 'unanswered') continue;
      // Earlier sends took their time: the reply or the lease may have moved on.
      const reply = this.#store.reply(id);
      const isHeld = this.#store.account(accountId)?.lease?.token === token;
      if (reply?.state.kind !== 'requested' || !isHeld) continue;
      const handed: Handed = { workerId, progress: 'sending' };
      this.#handed.set(id, handed); // before the send: it may arrive though no answer comes
      const answer = await channel.request({ type: WORKER_MESSAGE.reply, payload: this.#payloadOf(reply, token) });
      handed.progress = answer !== 'silent' && answer.ok ? 'taken' : 'unanswered';
    }
  }

  /** A reply has an outcome. */
  forget(id: ReplyId): void {
    this.#handed.delete(id);
  }

  /** An account is gone, and its replies with it. */
  forgetRemoved(): void {
    for (const id of this.#handed.keys()) if (!this.#store.reply(id)) this.#handed.delete(id);
  }

  /** What must be settled in the very commit that takes the account from its Worker. */
  outcomesOnMove(account: AccountRecord, now: number): readonly Change[] {
    return this.#store
      .openReplies(account.id)
      .filter(
        (reply) => reply.state.kind === 'attempted' || (reply.state.kind === 'requested' && this.#mayBeHanded(reply)),
      )
      .map((reply) => unknown(reply, now));
  }

  /** What has waited too long, given whether the account's Worker is here. */
  outcomesOverdue(account: AccountRecord, now: number, isWorkerHere: boolean): readonly Change[] {
    const { replyWaitMs, outcomeMs, outcomeWithWorkerMs } = this.#limits;
    const outcomeLimitMs = isWorkerHere ? outcomeWithWorkerMs : outcomeMs;
    return this.#store.openReplies(account.id).flatMap((reply): Change[] => {
      const { state, requestedAt } = reply;
      if (state.kind === 'attempted') return now - state.at >= outcomeLimitMs ? [unknown(reply, now)] : [];
      if (state.kind !== 'requested') return [];
      if (this.#mayBeHanded(reply)) {
        return now - requestedAt >= Math.max(replyWaitMs, outcomeLimitMs) ? [unknown(reply, now)] : [];
      }
      return now - requestedAt >= replyWaitMs ? [notDriven(reply, now)] : [];
    });
  }

  /** Whether some Worker may have been given it; after a restart nobody remembers, so a held account's replies count. */
  #mayBeHanded(reply: ReplyRecord): boolean {
    if (this.#handed.has(reply.id)) return true;
    const holder = this.#store.account(reply.accountId)?.lease?.workerId ?? null;
    return reply.requestedAt < this.#startedAt && holder !== null;
  }

  #requestedOf(accountId: AccountId): readonly ReplyRecord[] {
    return this.#store.openReplies(accountId).filter(({ state }) => state.kind === 'requested');
  }

  #payloadOf(reply: ReplyRecord, token: number): ReplyPayload {
    const { id, accountId, topic, toItemId, text, requestedAt } = reply;
    const target = this.#targetOf(reply);
    return {
      leaseToken: token,
      reply: {
        id,
        accountId,
        topic,
        text,
        requestedAt,
        ...(toItemId !== undefined && { toItemId }),
        ...(target && { target }),
      },
    };
  }

  /** What the item answered looked like, so that the Worker can tell it from others on the page. */
  #targetOf({ accountId, topic, toItemId }: ReplyRecord): ReplyPayload['reply']['target'] {
    const item = toItemId && this.#store.item(accountId, itemKindOf(topic.kind), toItemId);
    if (!item) return undefined;
    const { author, text, at } = item.facts;
    const parentId = item.facts.kind === 'comment' ? item.facts.parentId : undefined;
    return {
      text,
      at,
      ...(author && { authorId: author.id }),
      ...(author?.name !== undefined && { authorName: author.name }),
      ...(parentId !== undefined && { parentId }),
    };
  }
}

const unknown = ({ accountId, id }: ReplyRecord, at: number): Change => ({
  kind: 'reply.unknown',
  accountId,
  replyId: id,
  at,
  detail: GONE,
});

const notDriven = ({ accountId, id }: ReplyRecord, at: number): Change => ({
  kind: 'reply.rejected',
  accountId,
  replyId: id,
  at,
  reason: 'notDriven',
});
