/**
 * Commands on their way to the server. Each has a key, made once; it is repeated with that key after every reconnect, and
 * for replies after a reload, until the server has answered: the server acts once per key (P4).
 */
import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import { type ReplyId, type Seq, START } from '@hiscrm/shared/model/ids.ts';
import type { TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import type { ClientUp } from '@hiscrm/shared/protocol/client-link.ts';
import type { CommandName, CommandParams, CommandResult } from '@hiscrm/shared/protocol/commands.ts';
import type { WireError } from '@hiscrm/shared/protocol/errors.ts';
import type { Outcome } from '../outcome.ts';
import { patienceMs } from '../patience.ts';
import type { KeptReply, OutboxStore } from './outbox-store.ts';

/** More than a person can have under way; beyond it a command ends as `full` and nothing is sent. */
export const OUTBOX_LIMIT_COUNT = 500;
/** A reply found after a reload is sent on when it is at most this old; an older one goes back to the person. */
export const RESEND_WITHIN_MS = 10 * 60_000;
/** Refusals that ask for patience are repeated so often before a person hears of them. */
const PATIENCE_COUNT = 5;

/** Refusals under which the very same command may still be taken, or may have been. */
const REPEATABLE: ReadonlySet<WireError['code']> = new Set([
  'TOO_MANY',
  'OVERLOADED',
  'SHUTTING_DOWN',
  'INTERNAL',
  'LOG_WRITE_FAILED',
]);

/**
 * A reply that the log does not show yet. `sending`: not confirmed by the server. `accepted`: confirmed, its record has not
 * come back yet. `expired`: found after a reload and too old to be sent without asking. `refused`: found after a reload, sent
 * on, and refused; nobody but the screen can give its text back.
 */
export type PendingReply = {
  readonly key: string;
  readonly topic: TopicRef;
  readonly toItemId?: CommandParams<'sendReply'>['toItemId'];
  readonly text: string;
  readonly createdAt: number;
  readonly state:
    | { readonly kind: 'sending' }
    | { readonly kind: 'accepted'; readonly replyId: ReplyId; readonly seq: Seq }
    | { readonly kind: 'expired' }
    | { readonly kind: 'refused'; readonly error: WireError };
};

type Entry = {
  readonly id: number;
  readonly key: string;
  readonly name: CommandName;
  readonly params: unknown;
  readonly settle: (outcome: Outcome<unknown>) => void;
  refusalCount: number;
  cancelRetry: Cancel;
};

export class Outbox {
  readonly #clock: Clock;
  readonly #send: (frame: ClientUp) => void;
  readonly #nextId: () => number;
  readonly #newKey: () => string;
  readonly #store: OutboxStore;
  readonly #changed: () => void;
  readonly #entries = new Map<number, Entry>();
  readonly #replies = new Map<string, PendingReply>();
  #shared: readonly PendingReply[] | undefined;
  #userId: string | undefined;
  #shownUpTo: Seq = START;
  #isClosed = false;
  #storageFaultCount = 0;

  constructor(options: {
    readonly clock: Clock;
    readonly send: (frame: ClientUp) => void;
    readonly nextId: () => number;
    readonly newKey: () => string;
    readonly store: OutboxStore;
    /** Hears of every change of `pending`. */
    readonly changed: () => void;
  }) {
    this.#clock = options.clock;
    this.#send = options.send;
    this.#nextId = options.nextId;
    this.#newKey = options.newKey;
    this.#store = options.store;
    this.#changed = options.changed;
  }

  /** Replies that the log does not show yet, oldest first. The same array until something changes. */
  get pending(): readonly PendingReply[] {
    this.#shared ??= [...this.#replies.values()];
    return this.#shared;
  }

  /** How often the storage for replies failed; then they do not survive a reload. */
  get storageFaultCount(): number {
    return this.#storageFaultCount;
  }

  /** Sends a command and waits for its answer as long as it takes. */
  run<N extends CommandName>(name: N, params: CommandParams<N>): Promise<Outcome<CommandResult<N>>> {
    return this.#start(name, params, this.#newKey()) as Promise<Outcome<CommandResult<N>>>; // the answer to this command
  }

  /** A connection is live for this user: whatever waits is sent, what an earlier page left is picked up once. */
  onLive(userId: string): void {
    const isFirst = this.#userId !== userId;
    this.#userId = userId;
    for (const entry of this.#entries.values()) this.#transmit(entry);
    if (isFirst) void this.#pickUp(userId);
  }

  onDone(id: number, result: unknown): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    const pending = this.#replies.get(entry.key);
    if (pending) {
      const { replyId, seq } = result as CommandResult<'sendReply'>; // the server's answer to sendReply
      if (seq <= this.#shownUpTo) this.dismiss(entry.key);
      else {
        this.#setReply({ ...pending, state: { kind: 'accepted', replyId, seq } });
        this.#forgetKept(entry.key);
      }
    }
    this.#end(entry, { kind: 'done', value: result });
  }

  /** Whether the refusal belonged to a command. */
  onRefused(id: number, error: WireError): boolean {
    const entry = this.#entries.get(id);
    if (!entry) return false;
    if (REPEATABLE.has(error.code) && entry.refusalCount < PATIENCE_COUNT) {
      entry.refusalCount += 1;
      entry.cancelRetry = this.#clock.after(patienceMs(error, entry.refusalCount, this.#clock.random()), () =>
        this.#transmit(entry),
      );
      return true;
    }
    this.dismiss(entry.key);
    this.#end(entry, { kind: 'refused', error });
    return true;
  }

  /** The replica stands at this row: replies accepted up to it are shown by their records. */
  onPosition(seq: Seq): void {
    this.#shownUpTo = seq;
    for (const { key, state } of [...this.#replies.values()]) {
      if (state.kind === 'accepted' && state.seq <= seq) this.dismiss(key);
    }
  }

  /** Takes a pending reply away; a person has taken its text back, or has seen what became of it. */
  dismiss(key: string): void {
    if (!this.#replies.delete(key)) return;
    this.#forgetKept(key);
    this.#touch();
  }

  /** Ends every command as `closed`; replies stay in the store for the next page. Safe twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const entry of [...this.#entries.values()]) this.#end(entry, { kind: 'gone', why: 'closed' });
    this.#store.close();
  }

  #start(name: CommandName, params: unknown, key: string): Promise<Outcome<unknown>> {
    if (this.#isClosed) return Promise.resolve({ kind: 'gone', why: 'closed' });
    if (this.#entries.size >= OUTBOX_LIMIT_COUNT) return Promise.resolve({ kind: 'gone', why: 'full' });
    return new Promise((settle) => {
      const entry: Entry = {
        id: this.#nextId(),
        key,
        name,
        params,
        settle,
        refusalCount: 0,
        cancelRetry: () => undefined,
      };
      this.#entries.set(entry.id, entry);
      if (name === 'sendReply') this.#beginReply(key, params as CommandParams<'sendReply'>); // told by its name
      this.#transmit(entry);
    });
  }

  #beginReply(key: string, params: CommandParams<'sendReply'>): void {
    const createdAt = this.#clock.now();
    if (!this.#replies.has(key)) this.#setReply(pendingReply({ key, params, createdAt }, { kind: 'sending' }));
    if (this.#userId === undefined) return;
    this.#guardStorage(this.#store.keep({ key, userId: this.#userId, params, createdAt }));
  }

  async #pickUp(userId: string): Promise<void> {
    const kept = await this.#store.load().catch((): readonly KeptReply[] => {
      this.#storageFaultCount += 1;
      return [];
    });
    for (const reply of kept) {
      if (reply.userId !== userId || this.#replies.has(reply.key) || this.#isClosed) continue;
      const isFresh = this.#clock.now() - reply.createdAt <= RESEND_WITHIN_MS;
      this.#setReply(pendingReply(reply, isFresh ? { kind: 'sending' } : { kind: 'expired' }));
      if (isFresh) void this.#sendOn(reply);
    }
  }

  /** What becomes of it shows in the log; a refusal stays visible, as the composer that knew the text is gone. */
  async #sendOn(reply: KeptReply): Promise<void> {
    const outcome = await this.#start('sendReply', reply.params, reply.key);
    if (outcome.kind === 'refused') this.#setReply(pendingReply(reply, { kind: 'refused', error: outcome.error }));
  }

  #transmit(entry: Entry): void {
    entry.cancelRetry();
    const { id, key, name, params } = entry;
    this.#send({ type: 'command', id, key, name, params } as ClientUp); // name and params belong together
  }

  #end(entry: Entry, outcome: Outcome<unknown>): void {
    entry.cancelRetry();
    this.#entries.delete(entry.id);
    entry.settle(outcome);
  }

  #setReply(reply: PendingReply): void {
    this.#replies.set(reply.key, reply);
    this.#touch();
  }

  #forgetKept(key: string): void {
    this.#guardStorage(this.#store.drop(key));
  }

  #guardStorage(work: Promise<void>): void {
    work.catch(() => {
      this.#storageFaultCount += 1;
    });
  }

  #touch(): void {
    this.#shared = undefined;
    this.#changed();
  }
}

function pendingReply(
  { key, params, createdAt }: Pick<KeptReply, 'key' | 'params' | 'createdAt'>,
  state: PendingReply['state'],
): PendingReply {
  const { topic, toItemId, text } = params;
  return { key, topic, ...(toItemId && { toItemId }), text, createdAt, state };
}
