import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId, Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { ReceiptState } from '@hiscrm/shared/model/notice-change.ts';
import type { AccountRecord } from '@hiscrm/shared/model/records.ts';
import { mayRead, type Principal } from '@hiscrm/shared/model/visibility.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { Committer } from '../ingest/committer.ts';
import type { LoggedRow } from '../log/change-log.ts';
import type { StoreReader } from '../store/store-reader.ts';

/** What commands ask of Workers. Both reject with ACCOUNT_NOT_DRIVEN when no Worker drives the account. */
export interface WorkerRequests {
  requestSync(accountId: AccountId): Promise<void>;
  startLogin(accountId: AccountId): Promise<void>;
}

/** What commands do with a user's notices. Both resolve once it is durable. */
export interface NoticeMarks {
  /** Ids that the user was never sent come back in `unknownIds`. */
  receive(mark: {
    readonly userId: UserId;
    readonly messageIds: readonly string[];
    readonly state: ReceiptState;
  }): Promise<{ readonly unknownIds: readonly string[] }>;
  readAll(userId: UserId): Promise<void>;
}

/** What every command stands on. */
export type CommandContext = {
  readonly store: StoreReader;
  readonly committer: Committer;
  readonly workers: WorkerRequests;
  readonly notices: NoticeMarks;
  readonly clock: Clock;
  /** A fresh id, the rest of `acc-…` or `rep-…`. */
  readonly newId: () => string;
  /** Platforms that an account may be added for. */
  readonly platforms: readonly string[];
};

/** The account, when it exists and the user may see it; else ACCOUNT_NOT_FOUND either way. */
export function needAccount(context: CommandContext, principal: Principal, accountId: AccountId): AccountRecord {
  const account = mayRead(principal, accountId) ? context.store.account(accountId) : undefined;
  if (!account) throw new ImError('ACCOUNT_NOT_FOUND');
  return account;
}

/** The place of the last row of a commit, or of the store when there was nothing to log. */
export const seqAfter = (context: CommandContext, rows: readonly LoggedRow[]): Seq =>
  rows.at(-1)?.seq ?? context.store.head();
