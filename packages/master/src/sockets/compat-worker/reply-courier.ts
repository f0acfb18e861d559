import type { Cancel } from '@hiscrm/shared/lib/clock.ts';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ReplyId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import { ImError, toWireError } from '@hiscrm/shared/protocol/errors.ts';
import type { PlainAnswer, ReplyPayload } from '@hiscrm/shared/protocol/worker-link.ts';
import { fieldsOf } from '../../words/foreign-values.ts';
import type { ForeignContext } from './foreign-context.ts';
import { repliedId, replyOutcomeOf, replyRequestOf } from './reply-translation.ts';
import { FOREIGN_EVENT } from './worker-event.ts';

/** A reply whose result has not come after so long is unknown: the Worker may have sent it and lost the result. */
const RESULT_MS = 5 * 60_000;

type Options = {
  readonly context: ForeignContext;
  readonly worker: () => WorkerId | undefined;
  readonly drives: (accountId: AccountId) => boolean;
  readonly emit: (event: string, payload: unknown) => boolean;
  /** Makes reports durable and says how many were not known; rejects as ingest does. */
  readonly accept: (accountId: AccountId, leaseToken: number, changes: readonly WorkerReport[]) => Promise<number>;
  /** The same for what may come too late. */
  readonly report: (accountId: AccountId, changes: readonly WorkerReport[]) => Promise<void>;
};

/** Carries replies to one existing Worker, which keeps no journal: the log is its journal. */
export class ReplyCourier {
  readonly #options: Options;
  readonly #overdue = new Map<ReplyId, Cancel>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** The attempt is durable before the Worker hears of it: what may have been sent is never asked for again. */
  async carry({ leaseToken, reply: { id, accountId } }: ReplyPayload): Promise<PlainAnswer> {
    const { accept, emit, worker } = this.#options;
    const { clock, store, lc } = this.#options.context;
    try {
      if (store.reply(id)?.state.kind !== 'requested') return { ok: true };
      const attempt = { kind: 'reply.attempted', accountId, replyId: id, at: clock.now() } as const;
      // Of two hands that carry the same reply at once, the one whose attempt is in the log goes on.
      if ((await accept(accountId, leaseToken, [attempt])) === 0) return { ok: true };
      const reply = store.reply(id);
      const workerId = worker();
      const isOut =
        reply &&
        workerId !== undefined &&
        emit(FOREIGN_EVENT.replyRequest, replyRequestOf(reply, { store, workerId, now: clock.now() }));
      if (!isOut) {
        await accept(accountId, leaseToken, [
          { kind: 'reply.rejected', accountId, replyId: id, at: clock.now(), reason: 'interrupted' },
        ]);
        return { ok: true };
      }
      this.#overdue.get(id)?.();
      this.#overdue.set(
        id,
        clock.after(RESULT_MS, () => this.#giveUp(accountId, id)),
      );
      return { ok: true };
    } catch (error) {
      if (!(error instanceof ImError)) throw error;
      lc.warn({ replyId: id, code: error.code }, 'a reply was not handed to an existing worker');
      return { ok: false, error: toWireError(error.code, error.details) };
    }
  }

  #giveUp(accountId: AccountId, replyId: ReplyId): void {
    this.#overdue.delete(replyId);
    const detail = 'The Worker has not said what became of it.';
    const at = this.#options.context.clock.now();
    this.#options
      .report(accountId, [{ kind: 'reply.unknown', accountId, replyId, at, detail }])
      .catch((error: unknown) =>
        this.#options.context.lc.error({ err: error, replyId }, 'a reply could not be given up'),
      );
  }

  /** A result sent again, or after another one, adds nothing. */
  async hear(payload: unknown): Promise<void> {
    const result = fieldsOf(payload);
    const replyId = result && repliedId(result);
    const reply = replyId && this.#options.context.store.reply(replyId);
    if (!result || !reply || !this.#options.drives(reply.accountId)) {
      this.#options.context.lc.warn(
        { workerId: this.#options.worker(), replyId },
        'a result for a reply that this worker was not given',
      );
      return;
    }
    this.#overdue.get(reply.id)?.();
    this.#overdue.delete(reply.id);
    const at = this.#options.context.clock.now();
    await this.#options.report(reply.accountId, [
      replyOutcomeOf(result, { accountId: reply.accountId, replyId: reply.id, at }),
    ]);
  }

  /** Stops waiting: who drives the account next settles what is open. Safe twice. */
  close(): void {
    for (const cancel of this.#overdue.values()) cancel();
    this.#overdue.clear();
  }
}
