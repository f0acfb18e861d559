/**
 * The statements that page through receive records and count them. Each is made from parts, as the filter and the index
 * demand; every part is text of our own, every value is bound, except flags, which are small numbers of our own.
 */
import type { RecordCount, RecordFilter, RecordScan } from './notice-tables.ts';

export type Value = string | number | null | Uint8Array;
type Statement = { readonly sql: string; readonly values: readonly Value[] };

const TIME = {
  received: { column: 'received_at', index: 'notice_records_by_receipt' },
  read: { column: 'read_at', index: 'notice_records_by_reading' },
  confirmed: { column: 'confirmed_at', index: 'notice_records_by_confirming' },
} as const;
const BY_FLAGS = 'notice_records INDEXED BY notice_records_by_flags';
/** The users first, one index range each: SQLite does not change the order of a CROSS JOIN. */
const BY_USER =
  'json_each(?) AS chosen CROSS JOIN notice_records INDEXED BY notice_records_by_user ON user_no = chosen.value';

/** One page of keys: `noticeNo`, `userNo`. */
export function scanStatement(scan: RecordScan): Statement {
  const time = scan.sort === 'created' ? undefined : TIME[scan.sort].column;
  const order = scan.isDescending ? 'DESC' : 'ASC';
  const keys = ['noticeNo', 'userNo'].map((key) => `${key} ${order}`);
  const parts = scan.by === 'flags' ? (scan.cells ?? []).map((flags) => part(scan, flags)) : [part(scan)];
  // Parts that each lie in this order are merged as they are read, not sorted.
  const by = [...(time === undefined ? [] : [`${time} ${order}`]), ...keys].join(', ');
  return {
    sql: `${parts.map(({ sql }) => sql).join(' UNION ALL ')} ORDER BY ${by} LIMIT ? OFFSET ?`,
    values: [...parts.flatMap(({ values }) => values), scan.limitCount, scan.skipCount],
  };
}

function part(scan: RecordScan, flags?: number): Statement {
  const { by, sort } = scan;
  const time = sort === 'created' ? undefined : TIME[sort];
  const columns = `notice_no AS noticeNo, user_no AS userNo${time ? `, ${time.column}` : ''}`;
  const where = ['notice_no BETWEEN ? AND ?'];
  const values: Value[] = [scan.fromNo, scan.toNo];
  // The plus keeps SQLite from taking another index than the one that was planned with.
  if (time) where.push(`${by === 'time' ? '' : '+'}${time.column} > 0`);
  if (flags !== undefined) where.push(`flags = ${flags}`);
  else if (scan.cells) where.push(hasFlags(scan.cells));
  if (scan.users && by !== 'users') {
    where.push(IS_CHOSEN);
    values.push(scan.users.marks);
  }
  const table =
    by === 'time' && time ? `notice_records INDEXED BY ${time.index}` : by === 'flags' ? BY_FLAGS : 'notice_records';
  const from = by === 'users' ? BY_USER : table;
  return {
    sql: `SELECT ${columns} FROM ${from} WHERE ${where.join(' AND ')}`,
    values: by === 'users' ? [chosen(scan), ...values] : values,
  };
}

/** A look at one byte: a set of users costs the same for every row, however large it is. */
const IS_CHOSEN = `substr(?, user_no + 1, 1) = x'01'`;
const hasFlags = (cells: readonly number[]): string => `+flags IN (${cells.join(',')})`;
const chosen = ({ users }: RecordFilter): string => JSON.stringify(users?.nos ?? []);

/** The keys, `count` and `isMatch` of the first rows of an index, whether or not they match the rest of the filter. */
export function countStatement(count: RecordCount, keys: readonly ('userNo' | 'flags')[]): Statement {
  const { by, cells, users, fromNo, toNo, limitCount } = count;
  const range: Value[] = [fromNo, toNo];
  const columns = 'notice_no, user_no, user_no AS userNo, flags';
  const inRange = 'notice_no BETWEEN ? AND ?';
  const rows = {
    notices: { sql: `SELECT ${columns} FROM notice_records WHERE ${inRange}`, values: range },
    flags: {
      sql: `SELECT ${columns} FROM ${BY_FLAGS} WHERE flags IN (${(cells ?? []).join(',')}) AND ${inRange}`,
      values: range,
    },
    users: { sql: `SELECT ${columns} FROM ${BY_USER}`, values: [chosen(count)] },
  }[by];
  const matches = [...(by === 'users' ? [inRange] : []), ...(users && by !== 'users' ? [IS_CHOSEN] : [])];
  return {
    sql: `SELECT ${keys.join(', ')}, ${matches.length > 0 ? matches.join(' AND ') : '1'} AS isMatch, count(*) AS count
      FROM (${rows.sql} LIMIT ?) GROUP BY ${keys.join(', ')}, isMatch`,
    values: [
      ...(by === 'users' ? range : []),
      ...(users && by !== 'users' ? [users.marks] : []),
      ...rows.values,
      limitCount,
    ],
  };
}
