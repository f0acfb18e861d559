/**
 * Turns what the pages say into what the Master has to know: only what is new or different, parents before answers, each
 * change on disk together with the memory of having told it. Rules: docs/spec/account.md.
 */
import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import { workerReportSchema } from '@hiscrm/shared/model/change.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { mergeFacts } from '@hiscrm/shared/model/merge-facts.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import type { IdentifiedEntry, KnownIndex, KnownUpdate } from '../outbox/known-index.ts';
import type { Outbox, SyncMark } from '../outbox/outbox.ts';
import type { Fact, FactKind, FactOf } from '../platforms/fact.ts';
import type { CompleteWalk, FactSink, Oddities } from '../platforms/platform-adapter.ts';
import { withStableUrls } from './stable-urls.ts';

type AnyFacts = Fact['facts'];
type Told = { readonly report: WorkerReport; readonly update: KnownUpdate };

/** Complete walks that must miss an item before it counts as deleted: lists are known to leave rows out at times. */
const MISSING_LIMIT_COUNT = 2;
/** Which facts are told first: an answer's parent and an item's topic never come after it. */
const ORDER: Record<FactKind, number> = { profile: 0, content: 1, conversation: 2, comment: 3, message: 4 };

const parseReport = parserOf(workerReportSchema);

export class DataManager implements FactSink {
  readonly #accountId: AccountId;
  readonly #known: KnownIndex;
  readonly #outbox: Outbox;
  readonly #oddities: Oddities;
  readonly #clock: Clock;
  readonly #leaseToken: () => number;
  #sync: { readonly id: string; readonly startedAt: number; part: number } | undefined;

  constructor(options: {
    accountId: AccountId;
    known: KnownIndex;
    outbox: Outbox;
    oddities: Oddities;
    clock: Clock;
    leaseToken: () => number;
  }) {
    this.#accountId = options.accountId;
    this.#known = options.known;
    this.#outbox = options.outbox;
    this.#oddities = options.oddities;
    this.#clock = options.clock;
    this.#leaseToken = options.leaseToken;
  }

  observe(facts: readonly Fact[]): 'kept' | 'full' {
    // One answer may show a thing twice; the second sight is compared with the first.
    const pending = new Map<string, AnyFacts>();
    const told: Told[] = [];
    for (const fact of inOrder(facts)) {
      const news = this.#compare(fact, pending);
      if (news) told.push(news);
    }
    return this.#tell(told);
  }

  known<K extends FactKind>(kind: K, id: string): FactOf<K>['facts'] | undefined {
    const entry = this.#known.get(this.#accountId, kind, id);
    return entry?.facts as FactOf<K>['facts'] | undefined; // written by this class under that kind
  }

  knownItems<K extends 'comment' | 'message'>(kind: K, topicId: string): FactOf<K>['facts'][] {
    return this.#known.ofTopic(this.#accountId, kind, topicId).map((entry) => entry.facts as FactOf<K>['facts']); // likewise
  }

  walked({ topicId, ...walk }: CompleteWalk): 'kept' | 'full' {
    return this.#missing(this.#known.ofTopic(this.#accountId, 'comment', topicId), walk, (entry, observedAt) => {
      const facts = entry.facts as FactOf<'comment'>['facts']; // written by this class under that kind
      const { id, kind } = facts;
      const gone: FactOf<'comment'>['facts'] = { id, topicId, kind, state: 'deleted', source: 'walk', observedAt };
      return {
        report: { kind: 'comment.observed', accountId: this.#accountId, facts: gone },
        update: { kind, id: entry.id, topicId, facts: mergeFacts<typeof facts>(facts, gone) },
      };
    });
  }

  walkedWorks(walk: Omit<CompleteWalk, 'topicId'>): 'kept' | 'full' {
    // A notice may speak of somebody else's work, which was never in the list of the account's own.
    const listed = this.#known
      .ofKind(this.#accountId, 'content')
      .filter(({ facts }) => (facts as FactOf<'content'>['facts']).source !== 'notice'); // written by this class
    return this.#missing(listed, walk, (entry, observedAt) => {
      const facts = entry.facts as FactOf<'content'>['facts']; // written by this class under that kind
      const gone: FactOf<'content'>['facts'] = { id: facts.id, state: 'deleted', source: 'walk', observedAt };
      return {
        report: { kind: 'content.observed', accountId: this.#accountId, facts: gone },
        update: { kind: 'content', id: entry.id, facts: mergeFacts<typeof facts>(facts, gone) },
      };
    });
  }

  /** Counts what a complete walk did not show; what it was missing from often enough is told as `toGone` says. */
  #missing(
    entries: readonly IdentifiedEntry[],
    walk: Omit<CompleteWalk, 'topicId'>,
    toGone: (entry: IdentifiedEntry, observedAt: number) => Told,
  ): 'kept' | 'full' {
    const now = this.#clock.now();
    const told: Told[] = [];
    const counted: KnownUpdate[] = [];
    for (const entry of entries) {
      const facts = entry.facts as Exclude<AnyFacts, FactOf<'profile' | 'conversation'>['facts']>; // comments and works
      const kind = 'kind' in facts ? facts.kind : 'content';
      const same = { kind, id: entry.id, topicId: topicOf(facts), facts };
      const isGone = facts.state === 'deleted' || facts.state === 'recalled';
      if (walk.seenIds.has(entry.id) || isGone || facts.observedAt >= walk.startedAt) {
        if (entry.missingCount > 0) counted.push(same);
        continue;
      }
      const missingCount = entry.missingCount + 1;
      if (missingCount < MISSING_LIMIT_COUNT) {
        counted.push({ ...same, missingCount });
        continue;
      }
      const { report, update } = toGone(entry, now);
      told.push({ report, update: { ...update, missingCount } });
    }
    return this.#tell(told, counted);
  }

  hint(key: string): string | undefined {
    return this.#known.hint(this.#accountId, key);
  }

  setHint(key: string, value: string): void {
    this.#known.setHint(this.#accountId, key, value);
  }

  /** From here on batches belong to this sync, until it ends. */
  beginSync(id: string): void {
    this.#sync = { id, startedAt: this.#clock.now(), part: 0 };
  }

  /** Closes the sync. Only one that read everything is told to have ended. */
  endSync(isComplete: boolean): void {
    const sync = this.#sync;
    this.#sync = undefined;
    if (!sync || !isComplete) return;
    const mark: SyncMark = { id: sync.id, part: sync.part + 1, isLast: true, startedAt: sync.startedAt };
    this.#outbox.keep({ accountId: this.#accountId, leaseToken: this.#leaseToken(), reports: [], sync: mark });
  }

  /** What of a fact is not known yet; undefined when all of it is. */
  #compare(fact: Fact, pending: Map<string, AnyFacts>): Told | undefined {
    const id = idOf(fact);
    const key = `${fact.kind}:${id}`;
    const entry = this.#known.get(this.#accountId, fact.kind, id);
    const known = pending.get(key) ?? (entry?.facts as AnyFacts | undefined); // written by this class under that kind
    const seen = withStableUrls(withoutGapFillers(fact, known), known);
    const merged = known ? mergeFacts<AnyFacts>(known, seen) : seen;
    if (merged === known) {
      const isProven = known.source === 'reply' && seen.source !== 'reply';
      if (entry && (entry.missingCount > 0 || isProven)) {
        // Not news for the Master; for a reply that is looked for it is: a list shows what only an answer had said.
        const facts = isProven ? { ...known, source: seen.source } : known;
        this.#known.put(this.#accountId, { kind: fact.kind, id, topicId: topicOf(known), facts });
      }
      return undefined;
    }
    const report = reportOf(this.#accountId, fact.kind, seen);
    const checked = parseReport(report);
    if (!checked.ok) {
      this.#oddities.note(`refusedFact:${fact.kind}`, checked.reason);
      return undefined;
    }
    pending.set(key, merged);
    return { report: checked.value, update: { kind: fact.kind, id, topicId: topicOf(merged), facts: merged } };
  }

  #tell(told: readonly Told[], counted: readonly KnownUpdate[] = []): 'kept' | 'full' {
    if (told.length === 0 && counted.length === 0) return 'kept';
    const sync = this.#sync;
    const mark = sync && { id: sync.id, part: sync.part + 1, isLast: false, startedAt: sync.startedAt };
    const reports = told.map(({ report }) => report);
    const result = this.#outbox.keep(
      {
        accountId: this.#accountId,
        leaseToken: this.#leaseToken(),
        reports,
        sync: reports.length > 0 ? mark : undefined,
      },
      () => {
        for (const { update } of told) this.#known.put(this.#accountId, update);
        for (const update of counted) this.#known.put(this.#accountId, update);
      },
    );
    if (result === 'full') return 'full';
    if (sync) sync.part += result.length;
    return 'kept';
  }
}

/** Stable: facts of one kind keep their order, and first-level comments come before answers. */
function inOrder(facts: readonly Fact[]): Fact[] {
  const rank = (fact: Fact): number =>
    ORDER[fact.kind] + (fact.kind === 'comment' && fact.facts.parentId !== undefined ? 0.5 : 0);
  return facts
    .map((fact, index) => ({ fact, index }))
    .sort((a, b) => rank(a.fact) - rank(b.fact) || a.index - b.index)
    .map(({ fact }) => fact);
}

const idOf = (fact: Fact): string => (fact.kind === 'profile' ? 'self' : fact.facts.id);

const topicOf = (facts: AnyFacts): string | undefined => ('topicId' in facts ? facts.topicId : undefined);

/** Fields that a source knows badly say nothing where something is known. */
function withoutGapFillers(fact: Fact, known: AnyFacts | undefined): AnyFacts {
  if (fact.kind === 'profile' || fact.kind === 'conversation' || !fact.gapsOnly || !known) return fact.facts;
  const gaps = new Set<string>(fact.gapsOnly);
  const entries = Object.entries(fact.facts).filter(([key]) => !(gaps.has(key) && key in known));
  return Object.fromEntries(entries) as AnyFacts; // only optional fields can be gap fillers
}

function reportOf(accountId: AccountId, kind: FactKind, facts: AnyFacts): unknown {
  return { kind: kind === 'profile' ? 'account.profile' : `${kind}.observed`, accountId, facts };
}
