/** Looks on the page for replies whose end is not proven: unknown ones, and those that only an answer confirmed. */
import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId, ItemId, ReplyId } from '@hiscrm/shared/model/ids.ts';
import type { Logger } from '../lib/logger.ts';
import type { JournalEntry, ReplyJournal } from '../outbox/reply-journal.ts';
import type { EchoCheck, Oddities } from '../platforms/platform-adapter.ts';

export type CheckPacing = {
  /** When an unknown outcome is looked for on the page, after it became unknown. */
  readonly checkDelaysMs: readonly number[];
  /** When a reply that the platform took is looked for: it may take one and never show it. */
  readonly confirmDelaysMs: readonly number[];
};

type ChecksOptions = {
  readonly accountId: AccountId;
  readonly journal: ReplyJournal;
  readonly pacing: CheckPacing;
  readonly oddities: Oddities;
  readonly clock: Clock;
  readonly log: Logger;
  /** Reads the page; undefined while it cannot be read, and then `planAll` is called when it can. */
  readonly look: (entry: JournalEntry) => Promise<EchoCheck | undefined>;
  /** An unknown reply stands on the page. */
  readonly found: (entry: JournalEntry, itemId: ItemId) => void;
};

export class ReplyChecks {
  readonly #options: ChecksOptions;
  readonly #planned = new Map<ReplyId, Cancel>();
  #isClosed = false;

  constructor(options: ChecksOptions) {
    this.#options = options;
  }

  /** Plans the next look for every reply of the account that needs one. */
  planAll(): void {
    const { journal, accountId, clock } = this.#options;
    for (const entry of journal.toCheck(accountId)) this.plan(entry, clock.now());
  }

  /** Plans the next look for this reply, counted from `since`. Nothing when its end is proven or its looks are used up. */
  plan(entry: JournalEntry, since: number): void {
    const { clock } = this.#options;
    const { id } = entry.request;
    const delayMs = this.#delaysOf(entry)[entry.checkCount];
    if (delayMs === undefined || this.#planned.has(id) || this.#isClosed) return;
    const cancel = clock.after(Math.max(0, since + delayMs - clock.now()), () => {
      this.#planned.delete(id);
      this.#check(id).catch((error: unknown) => {
        if (!this.#isClosed) this.#options.log.warn({ replyId: id, err: error }, 'a reply could not be looked for');
      });
    });
    this.#planned.set(id, cancel);
  }

  /** Safe twice. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#planned.values()) cancel();
    this.#planned.clear();
  }

  #delaysOf({ outcome }: JournalEntry): readonly number[] {
    const { checkDelaysMs, confirmDelaysMs } = this.#options.pacing;
    if (outcome?.kind === 'reply.unknown') return checkDelaysMs;
    return outcome?.kind === 'reply.sent' && outcome.settledBy === undefined ? confirmDelaysMs : [];
  }

  async #check(id: ReplyId): Promise<void> {
    const { journal, clock, look, found } = this.#options;
    const entry = journal.get(id);
    if (!entry?.outcome) return;
    const echo = await look(entry);
    if (!echo) return;
    if (echo.kind === 'found') {
      journal.endChecks(id);
      if (entry.outcome.kind === 'reply.unknown') found(entry, echo.itemId);
      return;
    }
    journal.countCheck(id);
    const counted = { ...entry, checkCount: entry.checkCount + 1 };
    const isLast = this.#delaysOf(counted)[counted.checkCount] === undefined;
    if (isLast && echo.kind === 'absent' && entry.outcome.kind === 'reply.sent') this.#vanished(id);
    this.plan(counted, clock.now());
  }

  /** The platform took the reply and does not show it: held back for review, most likely. It stays sent. */
  #vanished(replyId: ReplyId): void {
    this.#options.oddities.note('replyVanished');
    this.#options.log.warn({ replyId }, 'the platform took a reply and does not show it');
  }
}
