import { resolve } from 'node:path';
import { readConfig } from '../config.ts';
import type { ImportResult } from '../import/import-report.ts';
import type { CliCommand } from './command.ts';
import { folderOf, MasterCallError } from './master-client.ts';
import { table } from './table.ts';

export const importCommand: CliCommand = {
  name: 'import',
  usage: '<master.db> [--dry-run]',
  summary: 'Takes over accounts, works, conversations and read state of the existing system. Safe to repeat.',
  options: { 'dry-run': { type: 'boolean', help: 'says what would be taken, and changes nothing' } },
  argCount: [1, 1],
  run: async (call) => {
    process.umask(0o077); // as `start` does: the database is nobody else's business
    // Loaded here so that the other commands, which need none of it, start in half the time.
    const { ImportError, importLegacy } = await import('../main/import-legacy.ts');
    try {
      const result = await importLegacy({
        sourcePath: resolve(call.args[0] ?? ''),
        folder: folderOf(call),
        secretKey: readConfig(call.io.env).secretKey,
        isDryRun: call.values['dry-run'] === true,
      });
      return { text: textOf(result), json: result };
    } catch (error) {
      if (error instanceof ImportError) throw new MasterCallError(error.message, { cause: error });
      throw error;
    }
  },
};

function textOf(result: ImportResult): string {
  const { tables, unread, notTaken, problems, problemCount } = result;
  const rows = Object.entries(tables).map(([name, { found, taken, known, skipped }]) => {
    return [name, ...[found, taken, known, skipped].map(String)];
  });
  const lines = [
    result.isDryRun
      ? `What an import of ${result.source} would do (nothing was changed):`
      : `Imported ${result.source}:`,
    '',
    table(['WHAT', 'FOUND', 'TAKEN', 'KNOWN', 'SKIPPED'], rows),
    '',
    `Logins sealed: ${result.sealedLoginCount}. Items marked read: ${result.readItemCount}.`,
    `Unread there: ${unread.before.comments} comments, ${unread.before.messages} messages. Unread here: ${unread.after.comments} and ${unread.after.messages}.`,
    'Own comments and what was answered since are not unread here.',
  ];
  if (notTaken.length > 0)
    lines.push('', 'Not taken:', ...notTaken.map(({ what, count, reason }) => `  ${what} (${count}): ${reason}`));
  if (problemCount > 0) {
    lines.push(
      '',
      `${problemCount} to look at:`,
      ...problems.map(({ table: name, id, reason }) => `  ${name} ${id}: ${reason}`),
    );
    if (problemCount > problems.length) lines.push(`  and ${problemCount - problems.length} more`);
  }
  return lines.join('\n');
}
