import { applyChange, type Effect } from '@hiscrm/shared/model/apply-change.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import { type AccountId, type Epoch, type Seq, START } from '@hiscrm/shared/model/ids.ts';
import { MemoryView } from '@hiscrm/shared/model/memory-view.ts';
import { type TopicRef, topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import type { Committer, Publication } from '../../ingest/committer.ts';
import type { ChangeLog, LoggedRow } from '../../log/change-log.ts';
import { MemoryStore } from './memory-store.ts';

/**
 * Log, store and committer in one, in memory: rows are durable as soon as they are committed, and handed on in the same
 * turn. Reads answer late when told to: the rows are those of the moment asked. For tests only.
 */
export class MemoryMaster implements ChangeLog, Committer {
  readonly epoch: Epoch;
  readonly rows: LoggedRow[] = [];
  readonly view = new MemoryView();
  readonly store: MemoryStore;
  readonly listeners: ((publication: Publication) => void)[] = [];
  /** Turns of the microtask queue that a read takes. */
  readDelay: () => number = () => 0;
  now: () => number;
  #trimmedTo: Seq = START;

  constructor(options: { epoch?: string; now?: () => number } = {}) {
    this.epoch = (options.epoch ?? 'epoch-1') as Epoch; // a name for this history
    this.now = options.now ?? (() => 1_000);
    this.store = new MemoryStore({ view: this.view, epoch: this.epoch, at: START });
  }

  head(): Seq {
    return this.rows.length as Seq; // seqs start at 1 and have no gaps
  }
  firstSeq(): Seq {
    return (this.#trimmedTo + 1) as Seq;
  }
  append(changes: readonly Change[]): Promise<readonly LoggedRow[]> {
    return this.commit(changes);
  }
  async commit(changes: readonly Change[]): Promise<readonly LoggedRow[]> {
    return this.commitNow(changes);
  }
  async trimTo(seq: Seq): Promise<void> {
    this.#trimmedTo = seq;
  }
  async close(): Promise<void> {
    this.listeners.length = 0;
  }

  /** Commits in this very turn. */
  commitNow(changes: readonly Change[]): readonly LoggedRow[] {
    const topics = new Map<string, TopicRef>();
    const accounts = new Set<AccountId>();
    const rows = changes.map((change) => {
      const row = { seq: (this.rows.length + 1) as Seq, at: this.now(), change };
      const logged = { ...row, text: JSON.stringify(row) };
      this.rows.push(logged);
      for (const effect of applyChange(this.view, row)) noteTouched(effect, topics, accounts);
      return logged;
    });
    this.store.at = this.head();
    const publication: Publication = {
      rows,
      topics: [...topics.values()].flatMap((ref) => this.store.topic(ref)?.summary ?? []),
      accounts: [...accounts].flatMap((id) => this.store.accountSummary(id) ?? []),
    };
    for (const listener of this.listeners) listener(publication);
    return rows;
  }

  async readAfter(seq: Seq, limitCount: number): Promise<readonly LoggedRow[] | 'tooOld'> {
    const answer = seq < this.#trimmedTo ? 'tooOld' : this.rows.slice(seq, seq + limitCount);
    for (let left = this.readDelay(); left > 0; left--) await Promise.resolve();
    return answer;
  }

  /** A view folded from the log alone. */
  rebuilt(): MemoryView {
    const view = new MemoryView();
    for (const row of this.rows) applyChange(view, row);
    return view;
  }
}

function noteTouched(effect: Effect, topics: Map<string, TopicRef>, accounts: Set<AccountId>): void {
  if (effect.kind === 'account') accounts.add(effect.after.id);
  if (effect.kind !== 'topic' && effect.kind !== 'item') return;
  const ref = effect.kind === 'topic' ? effect.after : effect.topic;
  topics.set(topicKey(ref), { accountId: ref.accountId, kind: ref.kind, id: ref.id });
  accounts.add(ref.accountId);
}
