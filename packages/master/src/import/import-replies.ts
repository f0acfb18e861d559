import { lookUp } from '@hiscrm/shared/lib/look-up.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import { type AccountId, type ItemId, type ReplyId, replyIdSchema, type TopicId } from '@hiscrm/shared/model/ids.ts';
import { REPLY_TEXT_LIMIT_CHARS, type Rejection } from '@hiscrm/shared/model/reply.ts';
import type { TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import type { LegacyRow } from '../log/legacy-database.ts';
import { idOf, textOf, timeOf } from '../words/foreign-values.ts';
import type { AccountLink } from './import-accounts.ts';
import { IMPORT_USER } from './import-reads.ts';
import type { ImportReport } from './import-report.ts';
import type { ImportTarget } from './import-target.ts';
import { soundId } from './legacy-values.ts';

const KEY_LIMIT_CHARS = 90;
const parseReplyId = parserOf(replyIdSchema);
const DETAIL_LIMIT_CHARS = 500;
/** Nobody can say what became of a reply that was under way when the old system stopped; it is never sent from here. */
const UNDER_WAY =
  'Was under way in the existing system when it was imported. Look at the platform before answering again.';

const REASONS: Readonly<Record<string, Rejection>> = {
  REPLY_BLOCKED: 'contentRefused',
  LOGIN_EXPIRED: 'loginRequired',
  QUOTA_EXCEEDED: 'quotaExceeded',
  TARGET_NOT_FOUND: 'targetNotFound',
  NO_WORKER_ASSIGNED: 'notDriven',
};

/** Takes a reply of the existing system in as history: asked for and ended in one commit, so that no Worker ever sends it. */
export async function importReply(
  target: ImportTarget,
  row: LegacyRow,
  { link, report }: { readonly link: AccountLink | undefined; readonly report: ImportReport },
): Promise<void> {
  const tally = report.tables.replies;
  tally.found += 1;
  const legacyId = textOf(row.id) ?? '';
  if (!link) {
    report.skip('replies', legacyId, 'its account was not taken');
    return;
  }
  const id = soundId(legacyId, parseReplyId, 'rep');
  if (target.store.reply(id)) {
    tally.known += 1;
    return;
  }
  const where = targetOf(target, row, link);
  const text = textOf(row.reply_content) ?? '';
  if (!where || text === '' || text.length > REPLY_TEXT_LIMIT_CHARS) {
    report.skip('replies', legacyId, where ? 'its text is empty or too long' : 'what it answered is not in the file');
    return;
  }
  const requestedAt = Math.min(timeOf(row.created_at) ?? target.now, target.now);
  const key = `request:${(textOf(row.request_id) || legacyId).slice(0, KEY_LIMIT_CHARS)}`;
  const reply = { id, ...where, text, byUserId: IMPORT_USER, key, requestedAt };
  const { accountId } = link;
  await target.committer.commit([
    { kind: 'reply.requested', accountId, reply },
    outcomeOf(row, { accountId, id, target }),
  ]);
  tally.taken += 1;
}

function outcomeOf(
  row: LegacyRow,
  { accountId, id, target }: { readonly accountId: AccountId; readonly id: ReplyId; readonly target: ImportTarget },
): Change {
  const at = Math.min(timeOf(row.executed_at) ?? timeOf(row.updated_at) ?? target.now, target.now);
  const base = { accountId, replyId: id, at };
  if (row.reply_status === 'success') {
    const itemId = idOf(row.platform_reply_id) as ItemId | undefined; // a platform id is an item's id
    return { kind: 'reply.sent', ...base, ...(itemId !== undefined && { itemId }) };
  }
  if (row.reply_status === 'failed') {
    const detail = textOf(row.error_message)?.slice(0, DETAIL_LIMIT_CHARS);
    const reason = lookUp(REASONS, row.error_code) ?? 'other';
    return { kind: 'reply.rejected', ...base, reason, ...(detail && { detail }) };
  }
  return { kind: 'reply.unknown', ...base, detail: UNDER_WAY };
}

/** The topic and item that it answered, as far as they were taken. */
function targetOf(
  { store }: ImportTarget,
  row: LegacyRow,
  { accountId, legacyId }: AccountLink,
): { readonly topic: TopicRef; readonly toItemId?: ItemId } | undefined {
  const bare = (value: unknown, prefix: string): string | undefined => {
    const id = idOf(value);
    const own = `${prefix}_${legacyId}_`;
    return id?.startsWith(own) ? id.slice(own.length) : id;
  };
  if (row.target_type === 'comment') {
    const id = (bare(row.target_id, 'comm') ?? '') as ItemId; // looked up next
    const item = store.item(accountId, 'comment', id);
    return item && { topic: { accountId, kind: 'content', id: item.facts.topicId }, toItemId: id };
  }
  for (const value of [row.target_id, row.user_id, row.platform_target_id]) {
    const topic: TopicRef = { accountId, kind: 'conversation', id: (bare(value, 'conv') ?? '') as TopicId }; // looked up next
    if (store.topicRecord(topic)) return { topic };
  }
  const message = store.item(accountId, 'message', (bare(row.target_id, 'msg') ?? '') as ItemId); // just looked up
  return (
    message && { topic: { accountId, kind: 'conversation', id: message.facts.topicId }, toItemId: message.facts.id }
  );
}
