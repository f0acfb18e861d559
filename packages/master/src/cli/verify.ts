import { existsSync } from 'node:fs';
import { problemsOfFile } from '../log/check-file.ts';
import type { CliCommand } from './command.ts';
import { folderOf, MasterCallError } from './master-client.ts';

export const verify: CliCommand = {
  name: 'verify',
  usage: '',
  summary: 'Checks the database file, also while a Master runs. Reads the whole file.',
  argCount: [0, 0],
  run: async (call) => {
    const { database } = folderOf(call);
    if (!existsSync(database)) throw new MasterCallError(`there is no database ${database} yet`);
    const problems = problemsOfFile(database);
    const text = problems.length === 0 ? `${database} is sound` : [`${database} is damaged:`, ...problems].join('\n');
    return { text, json: { database, problems }, hasFailed: problems.length > 0 };
  },
};
