import type { AccountId, UserId } from '@hiscrm/shared/model/ids.ts';

/** A user as a target sees it. `role` is one of ours, or whatever an external directory calls it. */
export type Person = {
  readonly id: UserId;
  readonly username: string;
  readonly role: string;
  readonly grants: 'all' | readonly AccountId[];
};

/**
 * Who there is. Notices are resolved against it at the moment of sending.
 *
 * An external directory implements the same interface over one query of its own database, kept for a time to live:
 * `SELECT id, username, role FROM users WHERE is_active`, where `id` fits `userIdSchema`. Its absence must be told by
 * throwing OVERLOADED with `retryAfterMs`, so that a notice to everybody is never sent to half of them.
 */
export interface UserDirectory {
  /** Everybody, in a stable order. */
  all(): readonly Person[];
}

/** How long a list of users serves before it is read again; who is missing in it is looked for at once. */
const FRESH_MS = 1_000;
/** A miss reads the list again at most this often. */
const MISS_MS = 50;

/** The directory with an index by id. Holds one list of users, which the directory bounds. */
export class CachedDirectory {
  readonly #directory: UserDirectory;
  readonly #now: () => number;
  #people: readonly Person[] = [];
  #byId = new Map<UserId, Person>();
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(options: { readonly directory: UserDirectory; readonly now: () => number }) {
    this.#directory = options.directory;
    this.#now = options.now;
  }

  /** Everybody, as of now. */
  all(): readonly Person[] {
    this.#read();
    return this.#people;
  }

  /** Those of the ids that exist, without doubles, in the order given. */
  some(ids: readonly UserId[]): readonly Person[] {
    if (this.#now() - this.#readAt > FRESH_MS) this.#read();
    const wanted = [...new Set(ids)];
    if (wanted.some((id) => !this.#byId.has(id)) && this.#now() - this.#readAt >= MISS_MS) this.#read();
    return wanted.flatMap((id) => this.#byId.get(id) ?? []);
  }

  get count(): number {
    return this.#people.length;
  }

  #read(): void {
    this.#people = this.#directory.all();
    this.#byId = new Map(this.#people.map((person) => [person.id, person]));
    this.#readAt = this.#now();
  }
}
