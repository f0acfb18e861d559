import { lookUp } from '@hiscrm/shared/lib/look-up.ts';
import type { LegacyDatabase } from '../log/legacy-database.ts';
import { type AccountLink, importAccount } from './import-accounts.ts';
import { importCache } from './import-cache.ts';
import { importReply } from './import-replies.ts';
import { ImportReport, type ImportResult } from './import-report.ts';
import { importProxy, importWorkerConfig } from './import-settings.ts';
import type { ImportTarget } from './import-target.ts';

/** Tables that hold nothing to keep, with the reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  cache_notifications: 'the existing system never showed them, and their ids changed with every reading',
  cache_metadata: 'times of its own cache',
  client_sessions: 'connections of its clients; they connect again',
  login_sessions: 'logins that were under way; start them again',
  workers: 'Workers register again by themselves',
  worker_runtime: 'processes that ended with the existing system',
  worker_logs: 'never written by the existing system',
};
const READ = new Set([
  'accounts',
  'cache_contents',
  'cache_conversations',
  'cache_comments',
  'cache_messages',
  'replies',
  'proxies',
  'worker_configs',
]);

/**
 * Reads the existing system's database into a Master's own. What is known already adds nothing, so that a run may be repeated
 * and one that was interrupted is simply run again. Nothing that an operator decided here is undone.
 */
export async function runImport(options: {
  readonly source: LegacyDatabase;
  readonly sourcePath: string;
  readonly target: ImportTarget;
  readonly isDryRun: boolean;
}): Promise<ImportResult> {
  const { source, target } = options;
  const report = new ImportReport();
  const links = new Map<string, AccountLink>();
  for (const row of source.rows('accounts')) {
    const link = await importAccount(target, row, report);
    if (link) links.set(link.legacyId, link);
  }
  for (const link of links.values()) await importCache({ source, target, link, report });
  for (const row of source.rows('replies'))
    await importReply(target, row, { link: links.get(String(row.account_id)), report });
  for (const row of source.rows('proxies')) importProxy(target, row, report);
  for (const row of source.rows('worker_configs')) importWorkerConfig(target, row, report);
  leaveOut(source, report, links);
  const after = { comments: 0, messages: 0 };
  for (const accountId of new Set([...links.values()].map((link) => link.accountId))) {
    const summary = target.store.accountSummary(accountId);
    after.comments += summary?.unreadComments ?? 0;
    after.messages += summary?.unreadMessages ?? 0;
  }
  return report.result({ source: options.sourcePath, isDryRun: options.isDryRun, unreadAfter: after });
}

function leaveOut(source: LegacyDatabase, report: ImportReport, links: ReadonlyMap<string, AccountLink>): void {
  for (const name of source.tableNames()) {
    if (READ.has(name)) continue;
    report.leaveOut(
      name,
      source.count(name),
      lookUp(LEFT_OUT, name) ?? 'not a table of the existing system that is known',
    );
  }
  const { contents, conversations, comments, messages } = report.tables;
  for (const [table, { found }] of [
    ['cache_contents', contents],
    ['cache_conversations', conversations],
    ['cache_comments', comments],
    ['cache_messages', messages],
  ] as const) {
    const reason = links.size === 0 ? 'there is no account to take' : 'rows of accounts that were deleted';
    report.leaveOut(table, source.count(table) - found, reason);
  }
}
