import type { Change } from '@hiscrm/shared/model/change.ts';

/** What an ordinary row costs to fold; a row of a notice does it for so many users at the same cost. */
const USERS_A_ROW = 32;

/** How heavy a row is to fold, in ordinary rows: one row of a notice may be for everybody. */
export function foldWeightOf(change: Change): number {
  if (change.kind === 'notice.sent') return 1 + change.recipients.roles.length / USERS_A_ROW;
  if (change.kind !== 'notice.receipts') return 1;
  let userCount = 0;
  for (const { userNos, userIds } of change.marks) userCount += (userNos ?? userIds ?? []).length;
  for (const { userNos } of change.upTo ?? []) userCount += userNos.length;
  return 1 + userCount / USERS_A_ROW;
}
