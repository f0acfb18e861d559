import type { Fact } from '../fact.ts';
import type { Answer } from './answer-bus.ts';
import type { Desk } from './desk.ts';
import { recordOf } from './parse/fields.ts';
import { parseComments } from './parse/parse-comments.ts';
import { parseCommentsV1 } from './parse/parse-comments-v1.ts';
import { parseItemList } from './parse/parse-item-list.ts';
import { parseNotices } from './parse/parse-notices.ts';
import { parseProfile } from './parse/parse-profile.ts';
import { parseUserDetails } from './parse/parse-user-detail.ts';
import { parseWorks } from './parse/parse-works.ts';

/** People remembered for their names; the oldest go first. */
const PEOPLE_LIMIT_COUNT = 5_000;

/** What an accepted answer says. Counts what cannot be used; never guesses. */
export function factsOf(desk: Desk, answer: Answer): readonly Fact[] {
  const body = 'body' in answer.verdict ? answer.verdict.body : undefined;
  const params = answer.tapped.url.searchParams;
  if (desk.selfId === '' && answer.route !== 'account') return [];
  switch (answer.route) {
    case 'account': {
      const profile = parseProfile(body, desk.env.clock.now());
      // Another user's profile is refused by the login check; it must not be told as the account's.
      return profile && profile.platformUserId === desk.selfId ? [{ kind: 'profile', facts: profile }] : [];
    }
    case 'works':
      return parseWorks(body, desk.parseContext).facts;
    case 'itemList': {
      const { facts } = parseItemList(body, desk.parseContext);
      for (const { facts: work } of facts)
        for (const alias of work.aliases ?? []) desk.plainWorkIds.set(alias, work.id);
      return facts;
    }
    case 'comments':
    case 'wwwComments':
      return commentFacts(desk, body, answer, { workId: plainWork(desk, params.get('aweme_id')) });
    case 'replies':
    case 'wwwReplies':
      return commentFacts(desk, body, answer, {
        workId: plainWork(desk, params.get('item_id')),
        parentId: params.get('comment_id') ?? undefined,
      });
    case 'commentsV1':
    case 'repliesV1':
      for (const _row of parseCommentsV1(body).facts) desk.env.oddities.note('encryptedCommentOnly');
      return [];
    case 'notices':
      return noticeFacts(desk, recordOf(body)?.notice_list_v2);
    case 'userDetail':
      return peopleFacts(desk, body);
    case 'write':
      return [];
  }
}

function commentFacts(
  desk: Desk,
  body: unknown,
  answer: Answer,
  request: { workId?: string | undefined; parentId?: string | undefined },
): readonly Fact[] {
  const source = answer.route.startsWith('www') ? 'www' : 'api';
  return parseComments(body, { ...desk.parseContext, source }, request).facts;
}

function plainWork(desk: Desk, id: string | null): string | undefined {
  if (id === null || id === '') return undefined;
  return id.startsWith('@') ? desk.plainWorkIds.get(id) : id;
}

function noticeFacts(desk: Desk, notices: unknown): readonly Fact[] {
  const parsed = parseNotices(notices, desk.parseContext);
  for (const type of parsed.unknownTypes) desk.env.oddities.note(`noticeType:${type}`);
  return parsed.facts;
}

/** Names for the chat page's rows; they reach the Master with the conversations. */
function peopleFacts(desk: Desk, body: unknown): readonly Fact[] {
  for (const { secUid, name, avatarUrl } of parseUserDetails(body)) {
    desk.people.delete(secUid);
    desk.people.set(secUid, { name, avatarUrl });
  }
  for (const oldest of desk.people.keys()) {
    if (desk.people.size <= PEOPLE_LIMIT_COUNT) break;
    desk.people.delete(oldest);
  }
  return [];
}
