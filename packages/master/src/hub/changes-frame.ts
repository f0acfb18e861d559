import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { AccountSummary, TopicSummary } from '@hiscrm/shared/model/summary.ts';
import type { LoggedRow } from '../log/change-log.ts';
import { textFrame } from './prepared-frame.ts';
import type { Sight } from './who-sees-what.ts';

/** Rows that follow each other in the log, with the counters that hold after the last of them. */
export type Stretch = {
  /** Place before the first row. */
  readonly from: Seq;
  readonly upTo: Seq;
  readonly rows: readonly LoggedRow[];
  readonly topics: readonly TopicSummary[];
  readonly accounts: readonly AccountSummary[];
};

/**
 * A `changes` frame of what `sight` may see. Rows are quoted from the log as they are: nothing is encoded twice. A frame
 * without a visible row is still sent, so that every client's place moves on.
 */
export function changesFrame(stretch: Stretch, sight: Sight): Buffer {
  const texts: string[] = [];
  for (const row of stretch.rows) if (sight.seesRow(row)) texts.push(row.text);
  const topics = stretch.topics.filter(({ topic }) => sight.seesAccount(topic.accountId));
  const accounts = stretch.accounts.filter(({ accountId }) => sight.seesAccount(accountId));
  return textFrame(
    `{"type":"changes","from":${stretch.from},"upTo":${stretch.upTo},"rows":[${texts.join(',')}],` +
      `"topics":${JSON.stringify(topics)},"accounts":${JSON.stringify(accounts)}}`,
  );
}
