import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { ConversationIds } from './conversation-ids.ts';

/** What every item of one snapshot is read with. */
export type SnapshotContext = {
  readonly accountId: AccountId;
  /** Every id that the platform knows the account by. */
  readonly selfIds: readonly string[];
  readonly conversations: ConversationIds;
  readonly source: string;
  readonly observedAt: number;
};
