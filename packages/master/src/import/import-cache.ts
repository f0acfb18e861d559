import { setImmediate as nextTurn } from 'node:timers/promises';
import { type WorkerReport, workerReportSchema } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId } from '@hiscrm/shared/model/ids.ts';
import type { ItemKind } from '@hiscrm/shared/model/topic-ref.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import type { LegacyDatabase, LegacyRow, LegacyTable } from '../log/legacy-database.ts';
import { ConversationIds, isOutbound } from '../sockets/compat-worker/conversation-ids.ts';
import { commentReport, messageReport, UNKNOWN_WORK } from '../sockets/compat-worker/item-reports.ts';
import type { SnapshotContext } from '../sockets/compat-worker/snapshot-context.ts';
import { contentReport, conversationReport } from '../sockets/compat-worker/topic-reports.ts';
import { type Fields, idOf, timeOf } from '../words/foreign-values.ts';
import { type AccountLink, IMPORT_SOURCE } from './import-accounts.ts';
import { markRead, type ReadMark } from './import-reads.ts';
import type { ImportReport, Reported } from './import-report.ts';
import type { ImportTarget } from './import-target.ts';
import { objectIn } from './legacy-values.ts';

type Section = {
  readonly table: LegacyTable;
  readonly name: Reported;
  readonly kind: ItemKind | undefined;
  readonly report: (fields: Fields, context: SnapshotContext) => WorkerReport | undefined;
  /** Columns that stand in for a field that the object lacks. */
  readonly columns: Readonly<Record<string, string>>;
};

/** Topics before their items, so that nothing is ever without its title. */
const SECTIONS: readonly Section[] = [
  {
    table: 'cache_contents',
    name: 'contents',
    kind: undefined,
    report: contentReport,
    columns: { publishTime: 'publish_time' },
  },
  {
    table: 'cache_conversations',
    name: 'conversations',
    kind: undefined,
    report: conversationReport,
    columns: { userId: 'user_id' },
  },
  {
    table: 'cache_comments',
    name: 'comments',
    kind: 'comment',
    report: commentReport,
    columns: { contentId: 'content_id', createdAt: 'created_at' },
  },
  {
    table: 'cache_messages',
    name: 'messages',
    kind: 'message',
    report: messageReport,
    columns: { conversationId: 'conversation_id', createdAt: 'created_at' },
  },
];
const parseReport = parserOf(workerReportSchema);

type Run = {
  readonly source: LegacyDatabase;
  readonly target: ImportTarget;
  readonly link: AccountLink;
  readonly report: ImportReport;
};

/** Takes in what the existing system had cached of one account, with its read state. */
export async function importCache(run: Run): Promise<void> {
  const conversations: Fields[] = [];
  for (const row of run.source.rows('cache_conversations', run.link.legacyId)) {
    const fields = fieldsOfRow(row, { userId: 'user_id' });
    if (fields) conversations.push(fields);
  }
  const { selfIds, legacyId } = run.link;
  const context = {
    accountId: legacyId as AccountId, // the file's own prefixes are made of it; replaced below
    selfIds,
    conversations: new ConversationIds({ conversations, selfIds }),
    source: IMPORT_SOURCE,
  };
  for (const section of SECTIONS) {
    for (const page of run.source.pages(section.table, legacyId)) {
      await importPage(run, section, { page, context });
      await nextTurn();
    }
  }
}

async function importPage(
  { target, link, report }: Run,
  section: Section,
  { page, context }: { readonly page: readonly LegacyRow[]; readonly context: Omit<SnapshotContext, 'observedAt'> },
): Promise<void> {
  const tally = report.tables[section.name];
  const taken: WorkerReport[] = [];
  const marks: ReadMark[] = [];
  for (const row of page) {
    tally.found += 1;
    const made = translate(section, row, { context, target, link });
    if (typeof made === 'string') {
      report.skip(section.name, row.id, made);
      continue;
    }
    taken.push(made.report);
    if (made.isWithoutWork) report.note(section.name, row.id, 'its work is not named; it is listed under unknown-work');
    if (section.kind) noteReadState(section.kind, { row, made, marks, report });
  }
  const { storedCount, duplicateCount } = await target.recorder.record(taken);
  tally.taken += storedCount;
  tally.known += duplicateCount;
  if (section.kind)
    report.readItemCount += await markRead(target, { accountId: link.accountId, kind: section.kind, marks });
}

type Made = { readonly report: WorkerReport; readonly fields: Fields; readonly isWithoutWork: boolean };

/** The row as a report, or what is wrong with it. */
function translate(
  section: Section,
  row: LegacyRow,
  parts: {
    readonly context: Omit<SnapshotContext, 'observedAt'>;
    readonly target: ImportTarget;
    readonly link: AccountLink;
  },
): Made | string {
  const fields = fieldsOfRow(row, section.columns);
  if (!fields) return 'its data is not a JSON object';
  const seenAt = timeOf(fields.localUpdatedAt) ?? timeOf(row.persist_at) ?? timeOf(row.updated_at) ?? 0;
  const observedAt = Math.min(seenAt, parts.target.now);
  const translated = section.report(fields, { ...parts.context, observedAt });
  if (!translated || !('facts' in translated)) return 'it has no id that the platform gave';
  const report = { ...translated, accountId: parts.link.accountId } as WorkerReport; // the same change of the other id
  const parsed = parseReport(report);
  if (!parsed.ok) return `it does not fit: ${parsed.reason}`;
  return { report, fields, isWithoutWork: 'topicId' in translated.facts && translated.facts.topicId === UNKNOWN_WORK };
}

/** The object of the row, with what only its columns know. */
function fieldsOfRow(row: LegacyRow, columns: Readonly<Record<string, string>>): Fields | undefined {
  const data = objectIn(row.data);
  if (!data) return undefined;
  const fromColumns = Object.entries(columns).flatMap(([field, column]) =>
    data[field] === undefined || data[field] === null ? [[field, row[column]] as const] : [],
  );
  // A time from a column may be of the moment of storing; that is better than none.
  return { id: idOf(row.id), ...data, ...Object.fromEntries(fromColumns) };
}

function noteReadState(
  kind: ItemKind,
  {
    row,
    made,
    marks,
    report,
  }: { readonly row: LegacyRow; readonly made: Made; readonly marks: ReadMark[]; readonly report: ImportReport },
): void {
  const isRead = row.is_read === undefined ? made.fields.isRead === true : Number(row.is_read) === 1;
  if (isRead && 'facts' in made.report && 'id' in made.report.facts) {
    const at = timeOf(row.read_at) ?? timeOf(row.persist_at) ?? timeOf(row.updated_at);
    marks.push({ id: made.report.facts.id as ItemId, at }); // the id of an item
  }
  // As the existing system counts, its own comments included.
  if (!isRead && !isOutbound(made.fields)) report.unreadBefore[kind === 'comment' ? 'comments' : 'messages'] += 1;
}
