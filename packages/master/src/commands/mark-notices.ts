import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { CommandParams, CommandResult } from '@hiscrm/shared/protocol/commands.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { CommandContext } from './command-context.ts';

/** Raises the state of the user's own notices. */
export async function markNotices(
  { notices }: CommandContext,
  { userId }: Principal,
  { state, messageIds }: CommandParams<'markNotices'>,
): Promise<CommandResult<'markNotices'>> {
  if (messageIds !== 'all') {
    const { unknownIds } = await notices.receive({ userId, messageIds, state });
    return { unknownIds: [...unknownIds] };
  }
  if (state !== 'read') throw new ImError('BAD_REQUEST', { reason: 'all can only be read' });
  await notices.readAll(userId);
  return { unknownIds: [] };
}
