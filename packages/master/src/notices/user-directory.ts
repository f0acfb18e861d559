import type { AccountId, UserId } from '@hiscrm/shared/model/ids.ts';

/** A user as a target sees it. `role` is one of ours, or whatever an external directory calls it. */
export type Person = {
  readonly id: UserId;
  readonly username: string;
  readonly role: string;
  /** The accounts this user may read here. */
  readonly grants: 'all' | readonly AccountId[];
};

/** How the list of users came to be. Never holds an address or a password. */
export type DirectoryFigures = {
  readonly kind: 'local' | 'postgresql' | 'mysql';
  /** Nobody else is asked · asked for the first time · read lately · the last good list, the newest read failed · never read. */
  readonly state: 'own' | 'loading' | 'fresh' | 'stale' | 'absent';
  /** Users of the other system. */
  readonly userCount: number;
  /** Rows of the newest good read that are no user. */
  readonly refusedRowCount: number;
  /** Reads that failed since the start. */
  readonly failureCount: number;
  /** The newest good read (ms UTC). */
  readonly lastReadAt?: number;
  readonly lastError?: string;
};

/** Users whom another system knows. */
export interface OtherUsers {
  /** All of them, in a stable order. Throws DIRECTORY_ABSENT before they were read once: half of them is nobody. */
  people(): readonly Person[];
  /** One of those known at the moment; never throws. */
  find(id: UserId): Person | undefined;
  figures(): DirectoryFigures;
}

/** Who there is. Notices are resolved against it at the moment of sending. */
export interface UserDirectory {
  /** Those who have a login here, in a stable order; the same list as long as nobody of them changed. */
  own(): readonly Person[];
  readonly others?: OtherUsers | undefined;
}

/** What a target is resolved against. */
export interface PeopleToTell {
  all(): readonly Person[];
  own(): readonly Person[];
  some(ids: readonly UserId[]): readonly Person[];
}

/** How long a list of own users serves before it is read again; who is missing in it is looked for at once. */
const FRESH_MS = 1_000;
/** A miss reads the list again at most this often. */
const MISS_MS = 50;

const NOBODY_ELSE: DirectoryFigures = {
  kind: 'local',
  state: 'own',
  userCount: 0,
  refusedRowCount: 0,
  failureCount: 0,
};

/** The directory with an index by id. A user known on both sides is our own: here it has a login, a role and grants. */
export class CachedDirectory implements PeopleToTell {
  readonly #directory: UserDirectory;
  readonly #now: () => number;
  #own: readonly Person[] = [];
  #byId = new Map<UserId, Person>();
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(options: { readonly directory: UserDirectory; readonly now: () => number }) {
    this.#directory = options.directory;
    this.#now = options.now;
  }

  /** Everybody, as of now: our own, then the others. Throws DIRECTORY_ABSENT as long as the others are not known. */
  all(): readonly Person[] {
    const own = this.own();
    const others = this.#directory.others?.people() ?? [];
    return others.length === 0 ? own : [...own, ...others.filter(({ id }) => !this.#byId.has(id))];
  }

  /** Those who have a login here, as of now. */
  own(): readonly Person[] {
    this.#read();
    return this.#own;
  }

  /**
   * Those of the ids that exist, without doubles, in the order given. Throws DIRECTORY_ABSENT when one of them is not ours and
   * the others are not known.
   */
  some(ids: readonly UserId[]): readonly Person[] {
    const { others } = this.#directory;
    const wanted = [...new Set(ids)];
    const areAllOurs = this.#look(wanted);
    if (others && !areAllOurs) others.people();
    return wanted.flatMap((id) => this.#byId.get(id) ?? others?.find(id) ?? []);
  }

  /** The same directory without the others. */
  get withoutOthers(): PeopleToTell {
    return { all: () => this.own(), own: () => this.own(), some: (ids) => this.some(ids) };
  }

  /** The user's name, as far as it is known; never throws. */
  nameOf(id: UserId): string | undefined {
    this.#look([id]);
    return (this.#byId.get(id) ?? this.#directory.others?.find(id))?.username;
  }

  /** How many are known, our own and in all, and how the others are known; a second old at most. */
  figures(): DirectoryFigures & { readonly ownCount: number; readonly totalCount: number } {
    this.#look([]);
    const own = this.#own;
    const { others } = this.#directory;
    const figures = others?.figures() ?? NOBODY_ELSE;
    const doubleCount = own.filter(({ id }) => others?.find(id)).length;
    return { ...figures, ownCount: own.length, totalCount: own.length + figures.userCount - doubleCount };
  }

  /** Whether all of them have a login here, after a look at the newest list where one is missing. */
  #look(ids: readonly UserId[]): boolean {
    const areKnown = (): boolean => ids.every((id) => this.#byId.has(id));
    if (this.#now() - this.#readAt > FRESH_MS) this.#read();
    if (!areKnown() && this.#now() - this.#readAt >= MISS_MS) this.#read();
    return areKnown();
  }

  #read(): void {
    this.#readAt = this.#now();
    const own = this.#directory.own();
    if (own === this.#own) return; // nobody changed since
    this.#own = own;
    this.#byId = new Map(own.map((person) => [person.id, person]));
  }
}
