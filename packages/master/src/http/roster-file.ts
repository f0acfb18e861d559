/**
 * Everybody on a notice's roster, as a file. It is made as it is sent: some records a turn of the event loop, and no more than
 * the client takes, so that ten thousand recipients hold up nobody and need no memory. A client that goes away ends it.
 */
import { Readable } from 'node:stream';
import type { LiveNotice } from '../notices/live-notice.ts';
import type { NoticeHub } from '../notices/notice-hub.ts';
import type { ReceiveRecord } from '../notices/receive-record.ts';
import { statusOf } from '../notices/record-flags.ts';
import { type RosterPart, rosterSlices } from '../notices/roster-slices.ts';
import { isoOrNull } from './notice-moments.ts';
import { recordView, roleName } from './notice-views.ts';

export type RosterFormat = 'json' | 'csv';

/** Beyond this no further slice is made before the client took what there is. */
const BUFFER_LIMIT_BYTES = 64 * 1024;

/** The file's bytes. What changes while it is read may be in it or not; nobody is missing or in it twice. */
export function rosterFile(
  hub: NoticeHub,
  notice: LiveNotice,
  how: { readonly part: RosterPart; readonly format: RosterFormat },
): Readable {
  const slices = rosterSlices(hub.book, notice, how.part);
  const text = how.format === 'csv' ? csvParts(hub, notice, slices) : jsonParts(hub, notice, slices);
  return Readable.from(text, { objectMode: false, highWaterMark: BUFFER_LIMIT_BYTES });
}

async function* jsonParts(
  hub: NoticeHub,
  notice: LiveNotice,
  slices: AsyncIterable<readonly ReceiveRecord[]>,
): AsyncGenerator<string> {
  yield `{"code":200,"message":"OK","data":{"message_id":${JSON.stringify(notice.messageId)},"items":[`;
  let count = 0;
  for await (const records of slices) {
    const views = records.flatMap((record) => recordView(hub, notice, record) ?? []);
    if (views.length === 0) continue;
    yield `${count > 0 ? ',\n' : ''}${views.map((view) => JSON.stringify(view)).join(',\n')}`;
    count += views.length;
  }
  yield `],"count":${count}}}`;
}

const CSV_COLUMNS = [
  'message_id',
  'user_id',
  'username',
  'user_role',
  'delivery_status',
  'received_at',
  'read_at',
  'confirmed_at',
] as const;

/** RFC 4180, with the mark by which spreadsheet programs know UTF-8. */
async function* csvParts(
  hub: NoticeHub,
  notice: LiveNotice,
  slices: AsyncIterable<readonly ReceiveRecord[]>,
): AsyncGenerator<string> {
  yield `\ufeff${CSV_COLUMNS.join(',')}\r\n`;
  for await (const records of slices) {
    let lines = '';
    for (const { userNo, role, flags, receivedAt, readAt, confirmedAt } of records) {
      const mailbox = hub.book.mailboxOf(userNo);
      if (!mailbox) continue;
      const { userId, username } = mailbox;
      const times = [receivedAt, readAt, confirmedAt].map(isoOrNull);
      const cells = [notice.messageId, userId, username, roleName(role), statusOf(flags), ...times];
      lines += `${cells.map(cell).join(',')}\r\n`;
    }
    yield lines;
  }
}

/** Always in quotes. What a spreadsheet program would run as a formula is quoted for it, too. */
function cell(value: string | null): string {
  const text = value ?? '';
  return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}
