import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemClock } from '@hiscrm/shared/lib/clock.ts';
import { SECRET_KEY_FILE } from '../auth/secret-key.ts';
import { backupDatabase, restoreDatabase } from '../log/backup-database.ts';
import { problemsOfFile } from '../log/check-file.ts';
import { verifyDatabase } from '../log/verify.ts';
import type { CliCommand } from './command.ts';
import { folderOf, MasterCallError } from './master-client.ts';

const KEY_HINT = `The key for secrets at rest (${SECRET_KEY_FILE}, or HISCRM_SECRET_KEY) is not in it: keep that in another place.`;

export const backup: CliCommand = {
  name: 'backup',
  usage: '<file>',
  summary: 'Copies the database into a new file, also while the Master runs, and checks the copy.',
  argCount: [1, 1],
  run: async (call) => {
    process.umask(0o077); // it holds everything that the database holds
    const { database } = folderOf(call);
    const target = resolve(call.args[0] ?? '');
    if (!existsSync(database)) throw new MasterCallError(`there is no database ${database} yet`);
    if (existsSync(target)) throw new MasterCallError(`${target} exists already. Give another name.`);
    backupDatabase(database, target);
    const { headSeq } = soundOrThrow(target);
    return { text: `copied the log up to ${headSeq} to ${target}\n${KEY_HINT}`, json: { file: target, headSeq } };
  },
};

export const restore: CliCommand = {
  name: 'restore',
  usage: '<file>',
  summary: 'Puts a backup in the place of the database, while no Master runs. What was there is kept beside it.',
  argCount: [1, 1],
  run: async (call) => {
    process.umask(0o077);
    const folder = folderOf(call);
    const from = resolve(call.args[0] ?? '');
    if (!existsSync(from)) throw new MasterCallError(`there is no file ${from}`);
    const { headSeq } = soundOrThrow(from);
    folder.prepare();
    const stamp = new Date(systemClock.now()).toISOString().replaceAll(/[:.]/g, '-');
    const replacedBy = `${folder.database}.replaced-${stamp}`;
    const epoch = replace(folder.database, { from, replacedBy });
    const kept = existsSync(replacedBy) ? replacedBy : null;
    const text = [
      `restored the log up to ${headSeq}; clients start from a snapshot and Workers tell everything again`,
      ...(kept ? [`what was there is ${kept}`] : []),
    ].join('\n');
    return { text, json: { headSeq, epoch, replacedBy: kept } };
  },
};

function soundOrThrow(file: string): { readonly headSeq: number } {
  const [damage] = problemsOfFile(file);
  if (damage !== undefined) throw new MasterCallError(`${file} is damaged: ${damage}`);
  const { findings, headSeq } = verifyDatabase(file);
  if (findings.length > 0) throw new MasterCallError(`${file} is not sound: ${findings[0]}. See hiscrm verify.`);
  return { headSeq };
}

function replace(database: string, options: Parameters<typeof restoreDatabase>[1]): string {
  try {
    return restoreDatabase(database, options);
  } catch (error) {
    const isHeld = error instanceof Error && error.message.startsWith('another process has it open');
    if (!isHeld) throw error;
    throw new MasterCallError('a Master has the database open. Stop it first.', { cause: error });
  }
}
