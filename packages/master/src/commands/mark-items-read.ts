import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { CommandParams, CommandResult } from '@hiscrm/shared/protocol/commands.ts';
import { type CommandContext, needAccount, seqAfter } from './command-context.ts';

/** Marks single items read. Items that are unknown or read already add nothing; when none is left, nothing is logged. */
export async function markItemsRead(
  context: CommandContext,
  principal: Principal,
  params: CommandParams<'markItemsRead'>,
): Promise<CommandResult<'markItemsRead'>> {
  const { accountId, itemKind } = params;
  needAccount(context, principal, accountId);
  const ids = [...new Set(params.ids)].filter((id) => {
    const item = context.store.item(accountId, itemKind, id);
    return item !== undefined && item.readAt === undefined;
  });
  if (ids.length === 0) return { seq: context.store.head() };
  const rows = await context.committer.commit([
    { kind: 'items.read', accountId, itemKind, ids, at: context.clock.now(), byUserId: principal.userId },
  ]);
  return { seq: seqAfter(context, rows) };
}
