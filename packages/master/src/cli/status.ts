import type { Status } from '../http/status.ts';
import type { CliCommand } from './command.ts';
import { callMaster, folderOf, MasterCallError } from './master-client.ts';
import { table } from './table.ts';

export const status: CliCommand = {
  name: 'status',
  usage: '',
  summary: 'Accounts, Workers, counts and the log position of the running Master.',
  argCount: [0, 0],
  run: async (call) => {
    const answer = await callMaster(folderOf(call), 'GET', '/api/admin/status');
    if (answer === 'notRunning')
      throw new MasterCallError(`no Master runs on ${folderOf(call).path}. Start one: hiscrm start`);
    const found = answer.data as Status; // the same program's own answer
    return { text: textOf(found), json: found };
  },
};

function textOf(found: Status): string {
  const { totals } = found;
  const unreadCount = totals.unreadComments + totals.unreadMessages;
  return [
    `Master ${found.version} is ${found.state}, pid ${found.pid}, up ${found.uptimeS} s, log at ${found.seq}.`,
    `${totals.accountCount} account(s): ${totals.contentCount} works with ${totals.commentCount} comments, ` +
      `${totals.conversationCount} conversations with ${totals.messageCount} messages, ${unreadCount} unread.`,
    '',
    table(
      ['WORKER', 'STATE', 'ACCOUNTS', 'VERSION'],
      found.workers.map((worker) => [
        worker.name,
        worker.isOnline ? 'on line' : 'off line',
        `${worker.accountCount}/${worker.maxAccounts}`,
        worker.version ?? '',
      ]),
    ),
    '',
    table(
      ['ACCOUNT', 'ID', 'STATE', 'UNREAD', 'COMMENTS', 'MESSAGES', 'SYNCS', 'LAST SYNC'],
      found.accounts.map((account) => [
        account.name,
        account.id,
        account.session,
        String(account.unreadComments + account.unreadMessages),
        String(account.commentCount),
        String(account.messageCount),
        String(account.syncCount),
        account.lastSyncAt === 0 ? 'never' : new Date(account.lastSyncAt).toISOString(),
      ]),
    ),
  ].join('\n');
}
