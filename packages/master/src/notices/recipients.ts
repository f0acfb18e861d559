/** Who gets a notice, as its row of the log says it, and as the fold reads it. */
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import type { Notice, NoticeRecipients } from '@hiscrm/shared/model/notice.ts';
import type { Mailbox } from './mailbox.ts';
import type { NoticeBook } from './notice-book.ts';
import type { Presence } from './presence.ts';
import { holdUntil } from './quiet-hours.ts';
import type { Person } from './user-directory.ts';

const ROLE_LETTER: Readonly<Record<string, string>> = { viewer: 'v', operator: 'o', admin: 'a' };
const OTHER_ROLE = 'x';
const ONE = '1'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);

/** People with their numbers, by ascending number. */
type Numbered = { readonly people: readonly Person[]; readonly nos: number[] };

/** Makes the columns of rows. */
export class RecipientColumns {
  readonly #book: NoticeBook;
  readonly #presence: Presence;
  /** A directory gives the same list until somebody changes, and a user keeps a number for ever. */
  readonly #numbered = new WeakMap<readonly Person[], Numbered>();

  constructor(options: { readonly book: NoticeBook; readonly presence: Presence }) {
    this.#book = options.book;
    this.#presence = options.presence;
  }

  /** The columns for these people as of now (ms UTC). */
  make(
    notice: Notice,
    asked: readonly Person[],
    now: number,
  ): { readonly recipients: NoticeRecipients; readonly onlineCount: number } {
    const { people, nos } = this.#numbers(asked);
    const preferences = this.#book.preferences;
    const roles = Buffer.alloc(people.length);
    const online = Buffer.alloc(people.length);
    const newcomers: [no: number, id: UserId, username: string][] = [];
    const held: [index: number, until: number][] = [];
    let onlineCount = 0;
    people.forEach(({ id, role, username }, index) => {
      const no = nos[index] ?? 0;
      const isOnline = this.#presence.isOnline(id);
      if (isOnline) onlineCount++;
      roles[index] = (ROLE_LETTER[role] ?? OTHER_ROLE).charCodeAt(0);
      online[index] = isOnline ? ONE : ZERO;
      if (this.#book.mailboxOf(no)?.username !== username) newcomers.push([no, id, username]);
      const until = preferences.size === 0 ? 0 : holdUntil(preferences.get(id), notice, now);
      if (until > 0) held.push([index, until]);
    });
    const recipients = {
      userNos: nos,
      ...(newcomers.length > 0 && { newcomers }),
      roles: roles.toString('latin1'),
      online: online.toString('latin1'),
      ...(held.length > 0 && { held }),
    };
    return { recipients, onlineCount };
  }

  #numbers(asked: readonly Person[]): Numbered {
    const known = this.#numbered.get(asked);
    if (known) return known;
    const pairs = asked.map((person) => ({ person, no: this.#book.numberOf(person.id) }));
    pairs.sort((a, b) => a.no - b.no);
    const numbered = { people: pairs.map(({ person }) => person), nos: pairs.map(({ no }) => no) };
    this.#numbered.set(asked, numbered);
    return numbered;
  }
}

type Who = { readonly no?: number; readonly userId?: UserId; readonly username?: string | undefined };

/**
 * A row read back: its users by ascending number. `places` says where each stands in the columns; absent = in the same order.
 */
export function readRecipients(
  { userNos, newcomers = [], userIds = [], usernames = [] }: NoticeRecipients,
  mailboxOf: (who: Who) => Mailbox,
): { readonly mailboxes: readonly Mailbox[]; readonly places: readonly number[] | undefined } {
  for (const [no, userId, username] of newcomers) mailboxOf({ no, userId, username });
  if (userNos) return { mailboxes: userNos.map((no) => mailboxOf({ no })), places: undefined };
  const people = userIds.map((userId, place) => ({
    mailbox: mailboxOf({ userId, username: usernames[place] }),
    place,
  }));
  people.sort((a, b) => a.mailbox.no - b.mailbox.no);
  return { mailboxes: people.map(({ mailbox }) => mailbox), places: people.map(({ place }) => place) };
}
