import type { PlatformAdapter } from '../platform-adapter.ts';
import type { DouyinBases } from './contract.ts';
import { DouyinSession } from './douyin-session.ts';

/** Douyin, read and answered through the operator's own logged-in pages. */
export function douyinAdapter(bases: DouyinBases): PlatformAdapter {
  return {
    platform: 'douyin',
    // The web page's own limits are not documented; these are what its boxes are reported to take.
    capabilities: { commentTextLimitChars: 500, messageTextLimitChars: 1_000, hasMultilineMessages: true },
    openSession: async (_op, env) => new DouyinSession(env, bases),
  };
}
