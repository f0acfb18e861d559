import { unreachable } from '@hiscrm/shared/lib/must.ts';
import { same } from '@hiscrm/shared/lib/same.ts';
import { hasRole, type Principal } from '@hiscrm/shared/model/visibility.ts';
import { COMMAND_ROLE, type CommandName, type CommandResult } from '@hiscrm/shared/protocol/commands.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { addAccount } from './add-account.ts';
import { changeAccount } from './change-account.ts';
import type { CommandContext } from './command-context.ts';
import type { CommandRequest, RunCommand } from './command-request.ts';
import { markItemsRead } from './mark-items-read.ts';
import { markNotices } from './mark-notices.ts';
import { markRead } from './mark-read.ts';
import { markTopic } from './mark-topic.ts';
import { removeAccount } from './remove-account.ts';
import { requestSync } from './request-sync.ts';
import { sendReply } from './send-reply.ts';
import { settleReply } from './settle-reply.ts';
import { startLogin } from './start-login.ts';

/** Newest results kept for repetitions; a reply's key is in the store for ever, so that it outlives this and a restart. */
const RECENT_LIMIT_COUNT = 10_000;

type Result = CommandResult<CommandName>;
type Run = { readonly request: CommandRequest; readonly result: Promise<Result> };

/**
 * The one door for what users ask to be done: role first, then the user's idempotency key, then the command. The same key
 * with the same parameters shares the first run's result, also while that run is under way; with others it is KEY_REUSED.
 * A refused run is forgotten, so that the same key may be tried again after what was wrong is put right.
 */
export function createRunCommand(context: CommandContext): RunCommand {
  const recent = new Map<string, Run>();
  return async (principal, request) => {
    if (!hasRole(principal, COMMAND_ROLE[request.name])) throw new ImError('FORBIDDEN');
    const id = `${principal.userId}:${request.key}`;
    const known = recent.get(id);
    if (known) {
      if (!isSameRequest(known.request, request)) throw new ImError('KEY_REUSED');
      return known.result;
    }
    const result = dispatch(context, principal, request);
    recent.set(id, { request, result });
    forgetOldest(recent);
    try {
      return await result;
    } catch (error) {
      recent.delete(id);
      throw error;
    }
  };
}

function isSameRequest(a: CommandRequest, b: CommandRequest): boolean {
  return a.name === b.name && same(a.params, b.params);
}

function forgetOldest(recent: Map<string, Run>): void {
  if (recent.size <= RECENT_LIMIT_COUNT) return;
  for (const id of recent.keys()) {
    recent.delete(id);
    return;
  }
}

async function dispatch(context: CommandContext, principal: Principal, request: CommandRequest): Promise<Result> {
  switch (request.name) {
    case 'markRead':
      return markRead(context, principal, request.params);
    case 'markTopic':
      return markTopic(context, principal, request.params);
    case 'markItemsRead':
      return markItemsRead(context, principal, request.params);
    case 'sendReply':
      return sendReply(context, principal, request.params, request.key);
    case 'settleReply':
      return settleReply(context, principal, request.params);
    case 'addAccount':
      return addAccount(context, principal, request.params);
    case 'changeAccount':
      return changeAccount(context, principal, request.params);
    case 'removeAccount':
      return removeAccount(context, principal, request.params);
    case 'markNotices':
      return markNotices(context, principal, request.params);
    case 'requestSync':
      return requestSync(context, principal, request.params);
    case 'startLogin':
      return startLogin(context, principal, request.params);
    default:
      return unreachable(request);
  }
}
