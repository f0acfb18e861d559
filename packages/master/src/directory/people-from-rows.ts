import { type UserId, userIdSchema } from '@hiscrm/shared/model/ids.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import type { Person } from '../notices/user-directory.ts';
import type { DirectoryRow } from './directory-source.ts';

/** A row that is no user: which one, and why not. */
export type RefusedRow = { readonly rowNo: number; readonly id?: string; readonly reason: string };

const readId = parserOf(userIdSchema);
const NAME_LIMIT_CHARS = 100;
const ROLE_LIMIT_CHARS = 40;

/** The users that rows describe, in their order; what does not fit is named, never left out silently. */
export function peopleFromRows(rows: readonly DirectoryRow[]): {
  readonly people: readonly Person[];
  readonly refused: readonly RefusedRow[];
} {
  const people = new Map<UserId, Person>();
  const refused: RefusedRow[] = [];
  rows.forEach((row, index) => {
    const id = textOf(row.id);
    const person = personFrom(row, id);
    const reason = typeof person === 'string' ? person : people.has(person.id) ? 'the id is there twice' : undefined;
    if (reason !== undefined) refused.push({ rowNo: index + 1, ...(id !== undefined && { id }), reason });
    else if (typeof person !== 'string') people.set(person.id, person);
  });
  return { people: [...people.values()], refused };
}

/** The user, or why the row is none. Accounts are read by those who log in here: nobody else has grants. */
function personFrom(row: DirectoryRow, idText: string | undefined): Person | string {
  if (idText === undefined) return 'id' in row ? 'the id is no text and no whole number' : 'there is no column id';
  const id = readId(idText);
  if (!id.ok) return 'the id has other characters than A-Z a-z 0-9 _ -, or more than 80';
  const username = textOf(row.username)?.trim();
  if (!username) return 'username' in row ? 'the username is empty' : 'there is no column username';
  if (username.length > NAME_LIMIT_CHARS) return `the username is longer than ${NAME_LIMIT_CHARS}`;
  const role = row.role === null || row.role === undefined ? '' : textOf(row.role);
  if (role === undefined || role.length > ROLE_LIMIT_CHARS) return `the role is no text of ${ROLE_LIMIT_CHARS}`;
  return { id: id.value, username, role, grants: [] };
}

/** Text and whole numbers, as text; a number that lost digits on its way is none. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) return String(value);
  return undefined;
}
