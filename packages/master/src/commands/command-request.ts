import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { CommandName, CommandParams, CommandResult } from '@hiscrm/shared/protocol/commands.ts';

/** One intention of a user, as a socket or REST read it: schema checked, nothing else. */
export type CommandRequest = {
  [N in CommandName]: { readonly name: N; readonly params: CommandParams<N>; readonly key: string };
}[CommandName];

/**
 * Does what the user asks, at most once for one user and key. Rejects with an ImError of the catalogue; then nothing was
 * logged, unless the code's `retry` is `unknown`.
 */
export type RunCommand = (principal: Principal, request: CommandRequest) => Promise<CommandResult<CommandName>>;
