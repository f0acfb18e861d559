import type { Status } from '../http/status.ts';
import { type CliCommand, UsageError } from './command.ts';
import { callMaster, folderOf, MasterCallError } from './master-client.ts';

export const sync: CliCommand = {
  name: 'sync',
  usage: '<account>',
  summary: 'Asks the account’s Worker to read it again now. <account> is an id or a name.',
  argCount: [1, 1],
  run: async (call) => {
    const folder = folderOf(call);
    const wanted = call.args[0] ?? '';
    const answer = await callMaster(folder, 'GET', '/api/admin/status');
    if (answer === 'notRunning') throw new MasterCallError(`no Master runs on ${folder.path}. Start one: hiscrm start`);
    const { accounts } = answer.data as Status; // the same program's own answer
    const found = accounts.filter(({ id, name }) => id === wanted || name === wanted);
    const [account] = found;
    if (!account) throw new MasterCallError(`there is no account ${wanted}. hiscrm status lists them.`);
    if (found.length > 1) throw new UsageError(`${found.length} accounts are named ${wanted}; give an id.`);
    await callMaster(folder, 'POST', `/api/admin/accounts/${encodeURIComponent(account.id)}/sync`);
    return { text: `asked the Worker of ${account.name} to sync`, json: { accountId: account.id, isAsked: true } };
  },
};
