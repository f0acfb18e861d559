/** Who gets a notice, as its row of the log says it, and as the fold reads it. */
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import type { Notice, NoticeRecipients } from '@hiscrm/shared/model/notice.ts';
import type { Mailbox } from './mailbox.ts';
import type { NoticeBook } from './notice-book.ts';
import { numbersOf, runsOf } from './number-runs.ts';
import type { Presence } from './presence.ts';
import { holdUntil } from './quiet-hours.ts';
import type { Person } from './user-directory.ts';

const ROLE_LETTER: Readonly<Record<string, string>> = { viewer: 'v', operator: 'o', admin: 'a' };
const OTHER_ROLE = 'x';
const ONE = '1'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);

/** People in the order of their numbers, with the columns that are the same for every notice to them. */
type Listed = {
  readonly people: readonly Person[];
  readonly nos: readonly number[];
  readonly userRuns: number[];
  readonly roles: string;
  /** The book's users when all of them had their numbers and names there. */
  knownAt: number | undefined;
  online: Online | undefined;
};
/** Who of them has a connection, a letter each, as of a version of presence. */
type Online = { readonly version: number; readonly online: string; readonly onlineCount: number };
type Newcomer = [no: number, id: UserId, username: string];
const NOBODY: readonly Newcomer[] = [];
type Columns = { readonly recipients: NoticeRecipients; readonly onlineCount: number };

/** Makes the columns of rows. */
export class RecipientColumns {
  readonly #book: NoticeBook;
  readonly #presence: Presence;
  /** A directory gives the same list until somebody changes, and a user keeps a number for ever. */
  readonly #lists = new WeakMap<readonly Person[], Listed>();

  constructor(options: { readonly book: NoticeBook; readonly presence: Presence }) {
    this.#book = options.book;
    this.#presence = options.presence;
  }

  /** How many of them have a connection. */
  onlineCount(asked: readonly Person[]): number {
    return this.#online(this.#listed(asked)).onlineCount;
  }

  /** The columns for these people as of now (ms UTC). */
  make(notice: Notice, asked: readonly Person[], now: number): Columns {
    const listed = this.#listed(asked);
    const { userRuns, roles } = listed;
    const newcomers = this.#newcomers(listed);
    const { online, onlineCount } = this.#online(listed);
    const held = this.#held(notice, listed, now);
    const recipients = {
      userRuns,
      ...(newcomers.length > 0 && { newcomers: [...newcomers] }),
      roles,
      online,
      ...(held.length > 0 && { held }),
    };
    return { recipients, onlineCount };
  }

  /** Those whose numbers or names no row has yet. */
  #newcomers(listed: Listed): readonly Newcomer[] {
    const { usersVersion } = this.#book;
    if (listed.knownAt === usersVersion) return NOBODY;
    const newcomers: Newcomer[] = [];
    listed.people.forEach(({ id, username }, index) => {
      const no = listed.nos[index] ?? 0;
      if (this.#book.mailboxOf(no)?.username !== username) newcomers.push([no, id, username]);
    });
    if (newcomers.length === 0) listed.knownAt = usersVersion;
    return newcomers;
  }

  #online(listed: Listed): Online {
    const { version } = this.#presence;
    if (listed.online?.version === version) return listed.online;
    const letters = Buffer.alloc(listed.people.length, ZERO);
    let onlineCount = 0;
    listed.people.forEach(({ id }, index) => {
      if (!this.#presence.isOnline(id)) return;
      letters[index] = ONE;
      onlineCount++;
    });
    listed.online = { version, online: letters.toString('latin1'), onlineCount };
    return listed.online;
  }

  #held(notice: Notice, { people }: Listed, now: number): [index: number, until: number][] {
    const { preferences } = this.#book;
    if (preferences.size === 0) return [];
    return people.flatMap(({ id }, index): [number, number][] => {
      const until = holdUntil(preferences.get(id), notice, now);
      return until > 0 ? [[index, until]] : [];
    });
  }

  #listed(asked: readonly Person[]): Listed {
    const known = this.#lists.get(asked);
    if (known) return known;
    const pairs = asked.map((person) => ({ person, no: this.#book.numberOf(person.id) }));
    pairs.sort((a, b) => a.no - b.no);
    const nos = pairs.map(({ no }) => no);
    const people = pairs.map(({ person }) => person);
    const roles = people.map(({ role }) => ROLE_LETTER[role] ?? OTHER_ROLE).join('');
    const listed = { people, nos, userRuns: runsOf(nos), roles, knownAt: undefined, online: undefined };
    this.#lists.set(asked, listed);
    return listed;
  }
}

type Who = { readonly no?: number; readonly userId?: UserId; readonly username?: string | undefined };

/**
 * A row read back: the numbers of its users, ascending. `places` says where each stands in the columns; absent = in the same
 * order. `mailboxOf` is asked for everybody who may not have a mailbox yet.
 */
export function readRecipients(
  { userRuns, userNos, newcomers = [], userIds = [], usernames = [] }: NoticeRecipients,
  mailboxOf: (who: Who) => Mailbox,
): { readonly userNos: Uint32Array; readonly places: readonly number[] | undefined } {
  for (const [no, userId, username] of newcomers) mailboxOf({ no, userId, username });
  if (userRuns) return { userNos: numbersOf(userRuns), places: undefined };
  if (userNos) return { userNos: Uint32Array.from(userNos), places: undefined };
  const people = userIds.map((userId, place) => ({ no: mailboxOf({ userId, username: usernames[place] }).no, place }));
  people.sort((a, b) => a.no - b.no);
  return { userNos: Uint32Array.from(people, ({ no }) => no), places: people.map(({ place }) => place) };
}
