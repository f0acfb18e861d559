import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import { assert, must } from '@hiscrm/shared/lib/must.ts';
import type { Epoch, Seq } from '@hiscrm/shared/model/ids.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { DownOf, ResetReason } from '@hiscrm/shared/protocol/client-link.ts';
import type { Publication } from '../ingest/committer.ts';
import type { Logger } from '../lib/logger.ts';
import type { ChangeLog } from '../log/change-log.ts';
import type { StoreReader } from '../store/store-reader.ts';
import { changesFrame } from './changes-frame.ts';
import type { HubLimits } from './hub-limits.ts';
import { textFrame } from './prepared-frame.ts';
import { SnapshotFrames } from './snapshot-frames.ts';
import { LIVE, type Sink, Subscriber, type SubscriberState } from './subscriber.ts';
import { Tail } from './tail.ts';
import { touchedCounters } from './touched-counters.ts';
import { SharedSights } from './who-sees-what.ts';

/** For `/metrics` and `hiscrm status`. Counts only grow; the others are of this moment. */
export type HubFigures = {
  readonly subscriberCount: number;
  readonly catchingUpCount: number;
  readonly pendingRowCount: number;
  readonly tailChars: number;
  readonly sentFrameCount: number;
  readonly sentBytes: number;
  readonly slowCloseCount: number;
  readonly resetCounts: Readonly<Record<ResetReason, number>>;
};

/** A round that has ended: every live client was written the rows after `from` up to `upTo`. */
export type Round = {
  readonly from: Seq;
  readonly upTo: Seq;
  /** When the round's first row was logged. */
  readonly loggedAt: number;
  readonly endedAt: number;
  readonly subscriberCount: number;
};

/** One client's hold on the hub. */
export interface Subscription {
  /** Sends what is waiting for this client before the caller's own frame; gives the place that the store is at. */
  flush(): Seq;
  /** The user's grants or role changed: another sight starts again from a snapshot (`reset grantsChanged`). */
  changePrincipal(principal: Principal): void;
  /** Safe twice. */
  close(): void;
}

/**
 * Sends every durable row to everybody who may see it, in order and without a hole (rules HB* in docs/spec/hub.md).
 * What one turn of the event loop publishes is one frame; while a round of sockets is being written, what arrives is joined
 * into the next one, so a busy hub sends larger frames, not more of them.
 */
export class Hub {
  readonly #log: ChangeLog;
  readonly #store: StoreReader;
  readonly #clock: Clock;
  readonly #lc: Logger;
  readonly #limits: HubLimits;
  readonly #tail: Tail;
  readonly #snapshots: SnapshotFrames;
  readonly #sights = new SharedSights();
  readonly #subscribers = new Set<Subscriber>();
  readonly #resetCounts: Record<ResetReason, number> = { tooOld: 0, tooSlow: 0, otherEpoch: 0, grantsChanged: 0 };
  #sentFrameCount = 0;
  #sentBytes = 0;
  #slowCloseCount = 0;
  readonly #onRound: (round: Round) => void;
  #sentUpTo: Seq;
  /** When the first row was logged that no round has begun to send. */
  #unsentSince: number | undefined;
  /** Set from the first row of a round until its last socket: what is sealed early goes to everybody else in that round. */
  #turn: NodeJS.Immediate | undefined;
  #isClosed = false;

  constructor(options: {
    log: ChangeLog;
    store: StoreReader;
    clock: Clock;
    limits: HubLimits;
    lc: Logger;
    onRound?: ((round: Round) => void) | undefined;
  }) {
    this.#log = options.log;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#lc = options.lc;
    this.#limits = options.limits;
    this.#onRound = options.onRound ?? (() => undefined);
    this.#sentUpTo = options.store.head();
    this.#tail = new Tail({
      upTo: options.store.head(),
      limitChars: options.limits.tailChars,
      frameLimitChars: options.limits.frameChars,
    });
    this.#snapshots = new SnapshotFrames(options.store);
  }

  /** Takes rows that are durable and folded into the store, in log order. */
  publish(publication: Publication): void {
    if (this.#isClosed || publication.rows.length === 0) return;
    this.#tail.add(publication);
    this.#unsentSince ??= publication.rows[0]?.at;
    this.#turn ??= setImmediate(() => this.#startRound());
  }

  /**
   * Joins a client: `resume` gives what was missed and then the live rows; without it, or when it cannot be honoured, a
   * snapshot comes first. Frames are written before this returns where memory suffices.
   */
  subscribe(options: {
    principal: Principal;
    sink: Sink;
    resume?: { readonly epoch: Epoch; readonly seq: Seq } | undefined;
  }): Subscription {
    assert(!this.#isClosed, 'the hub is closed');
    const sight = this.#sights.of(options.principal);
    this.#tail.seal();
    const at = options.resume?.seq ?? this.#tail.sealedUpTo;
    const subscriber = new Subscriber({ sink: options.sink, sight, at });
    this.#subscribers.add(subscriber);
    if (!options.resume) this.#sendSnapshot(subscriber);
    else this.#resume(subscriber, options.resume.epoch);
    return {
      flush: () => this.#flush(subscriber),
      changePrincipal: (principal) => this.#changePrincipal(subscriber, principal),
      close: () => this.#forget(subscriber),
    };
  }

  figures(): HubFigures {
    let catchingUpCount = 0;
    for (const { state } of this.#subscribers) if (state.kind === 'catchingUp') catchingUpCount++;
    return {
      subscriberCount: this.#subscribers.size,
      catchingUpCount,
      pendingRowCount: this.#tail.pendingRowCount,
      tailChars: this.#tail.sizeChars,
      sentFrameCount: this.#sentFrameCount,
      sentBytes: this.#sentBytes,
      slowCloseCount: this.#slowCloseCount,
      resetCounts: { ...this.#resetCounts },
    };
  }

  /** Sends nothing more. The sockets belong to who opened them. Safe twice. */
  close(): void {
    this.#isClosed = true;
    clearImmediate(this.#turn);
    for (const subscriber of this.#subscribers) this.#forget(subscriber);
  }

  // One round: everybody who is live gets everything sealed.

  #startRound(): void {
    this.#tail.seal();
    const loggedAt = this.#unsentSince ?? this.#clock.now();
    this.#unsentSince = undefined;
    this.#runSlice(this.#subscribers.values(), { upTo: this.#tail.sealedUpTo, loggedAt });
  }

  #runSlice(subscribers: SetIterator<Subscriber>, round: Pick<Round, 'upTo' | 'loggedAt'>): void {
    for (let visited = 0; visited < this.#limits.sliceCount; visited++) {
      const { value: subscriber, done } = subscribers.next();
      if (done) {
        this.#endRound(round);
        return;
      }
      if (subscriber.state.kind === 'live') this.#deliver(subscriber);
    }
    this.#turn = setImmediate(() => this.#runSlice(subscribers, round));
  }

  #endRound({ upTo, loggedAt }: Pick<Round, 'upTo' | 'loggedAt'>): void {
    this.#tail.trim(upTo);
    const more = this.#tail.pendingRowCount > 0 || this.#tail.sealedUpTo > upTo;
    this.#turn = more ? setImmediate(() => this.#startRound()) : undefined;
    const from = this.#sentUpTo;
    this.#sentUpTo = upTo;
    this.#onRound({ from, upTo, loggedAt, endedAt: this.#clock.now(), subscriberCount: this.#subscribers.size });
  }

  /** Writes every sealed batch after the subscriber's place. */
  #deliver(subscriber: Subscriber): void {
    while (subscriber.state.kind === 'live' && subscriber.at < this.#tail.sealedUpTo) this.#sendNextBatch(subscriber);
  }

  #sendNextBatch(subscriber: Subscriber): void {
    const { at, sight } = subscriber;
    const batch = this.#tail.after(at);
    if (!batch) throw new Error(`the tail starts at ${this.#tail.startsAt}, a subscriber is at ${at}`);
    this.#write(subscriber, batch.frame(sight, at));
    if (subscriber.state.kind !== 'over') subscriber.sent(at, batch.upTo);
  }

  #write(subscriber: Subscriber, frame: Buffer): void {
    if (subscriber.sink.bufferedBytes > this.#limits.slowConsumerBytes) {
      this.#closeSlow(subscriber);
      return;
    }
    subscriber.sink.write(frame);
    this.#sentFrameCount++;
    this.#sentBytes += frame.length;
  }

  #closeSlow(subscriber: Subscriber): void {
    this.#slowCloseCount++;
    this.#forget(subscriber);
    subscriber.sink.tooSlow();
  }

  // Coming back: what was missed, then live.

  #resume(subscriber: Subscriber, epoch: Epoch): void {
    const missedCount = this.#tail.sealedUpTo - subscriber.at;
    if (missedCount === 0 && epoch === this.#log.epoch) return;
    if (epoch !== this.#log.epoch || missedCount < 0 || missedCount > this.#limits.catchUpCount) {
      this.#reset(subscriber, epoch === this.#log.epoch && missedCount > 0 ? 'tooOld' : 'otherEpoch');
      return;
    }
    const giveUp = this.#clock.after(this.#limits.catchUpMs, () => this.#giveUpCatchingUp(subscriber));
    subscriber.become({ kind: 'catchingUp', giveUp });
    this.#catchUp(subscriber).catch((error: unknown) => {
      this.#lc.error({ err: error, at: subscriber.at }, 'catching up failed; the client starts from a snapshot');
      if (subscriber.state.kind === 'catchingUp') this.#reset(subscriber, 'tooOld');
    });
  }

  async #catchUp(subscriber: Subscriber): Promise<void> {
    const turn = subscriber.state; // a reset while we wait makes another state: then this run is over
    while (subscriber.state === turn) {
      if (subscriber.sink.bufferedBytes > this.#limits.catchUpWaitingBytes) await subscriber.sink.drained();
      else if (subscriber.at === this.#tail.sealedUpTo) subscriber.become(LIVE);
      else if (this.#tail.startsAt <= subscriber.at) this.#sendNextBatch(subscriber);
      else await this.#sendPage(subscriber, turn);
    }
  }
  async #sendPage(subscriber: Subscriber, turn: SubscriberState): Promise<void> {
    const { at } = subscriber;
    const read = await this.#log.readAfter(at, this.#limits.pageCount);
    if (subscriber.state !== turn) return;
    if (read === 'tooOld') return this.#reset(subscriber, 'tooOld');
    // A row can be on disk before it is published: it comes with its counters when it is.
    const rows = read.filter(({ seq }) => seq <= this.#tail.sealedUpTo);
    rows.forEach((row, index) => {
      assert(row.seq === at + index + 1, () => `the log gave ${row.seq} where ${at + index + 1} was expected`);
    });
    const last = must(rows.at(-1), `the log gave nothing after ${at}`);
    this.#write(
      subscriber,
      changesFrame({ from: at, upTo: last.seq, rows, ...touchedCounters(rows, this.#store) }, subscriber.sight),
    );
    if (subscriber.state.kind !== 'over') subscriber.sent(at, last.seq);
  }

  #giveUpCatchingUp(subscriber: Subscriber): void {
    if (subscriber.sink.bufferedBytes > this.#limits.catchUpWaitingBytes) this.#closeSlow(subscriber);
    else this.#reset(subscriber, 'tooSlow');
  }

  #reset(subscriber: Subscriber, reason: ResetReason): void {
    this.#resetCounts[reason]++;
    this.#write(subscriber, textFrame(JSON.stringify({ type: 'reset', reason } satisfies DownOf<'reset'>)));
    this.#sendSnapshot(subscriber);
  }

  #sendSnapshot(subscriber: Subscriber): void {
    if (subscriber.state.kind === 'over') return;
    this.#tail.seal();
    const { seq, frame } = this.#snapshots.get(subscriber.sight);
    assert(seq === this.#tail.sealedUpTo, () => `the store is at ${seq}, published is ${this.#tail.sealedUpTo}`);
    subscriber.become(LIVE);
    subscriber.restartAt(seq);
    this.#write(subscriber, frame);
  }

  #changePrincipal(subscriber: Subscriber, principal: Principal): void {
    const sight = this.#sights.of(principal);
    if (subscriber.state.kind === 'over' || sight.key === subscriber.sight.key) return;
    subscriber.sight = sight;
    this.#reset(subscriber, 'grantsChanged');
  }

  #flush(subscriber: Subscriber): Seq {
    this.#tail.seal();
    if (subscriber.state.kind === 'live') this.#deliver(subscriber);
    return this.#store.head();
  }

  #forget(subscriber: Subscriber): void {
    subscriber.become({ kind: 'over' });
    this.#subscribers.delete(subscriber);
  }
}
