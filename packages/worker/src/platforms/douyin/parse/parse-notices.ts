/** Shape J and the page's notice store: a comment notice tells of a comment and its work. */
import type { Fact } from '../../fact.ts';
import { idOf, numberOf, recordOf, recordsOf } from './fields.ts';
import type { JsonRecord } from './lossless-json.ts';
import { type CommentSource, parseComment } from './parse-comments.ts';
import type { ParseContext } from './parse-context.ts';
import { parseAweme } from './parse-works.ts';

/** Comments and mentions hold a comment; follows (33), likes (41) and system notices (81) do not. */
const COMMENT_TYPES: ReadonlySet<number | undefined> = new Set([31, 45]);
const OTHER_TYPES: ReadonlySet<number | undefined> = new Set([33, 41, 81]);

export type ParsedNotices = {
  readonly facts: readonly Fact[];
  /** Notices of types nobody has described. */
  readonly unknownTypes: readonly string[];
};

/** `notices` is `notice_list_v2`, or what the page state holds. */
export function parseNotices(notices: unknown, context: ParseContext): ParsedNotices {
  const facts: Fact[] = [];
  const unknownTypes: string[] = [];
  for (const notice of recordsOf(notices)) {
    const type = numberOf(notice.type);
    if (COMMENT_TYPES.has(type)) facts.push(...fromComment(notice, context));
    else if (!OTHER_TYPES.has(type)) unknownTypes.push(String(type));
  }
  return { facts, unknownTypes };
}

/** Only works of the account are its business: a comment of ours under somebody else's work also makes notices. */
function fromComment(notice: JsonRecord, context: ParseContext): Fact[] {
  const holder = recordOf(notice.comment);
  const row = recordOf(holder?.comment);
  const aweme = recordOf(holder?.aweme);
  if (!row) return [];
  const source: CommentSource = 'notice';
  const work = aweme && parseAweme(aweme, { observedAt: context.observedAt, source });
  const authorId = idOf(recordOf(aweme?.author)?.uid) ?? idOf(aweme?.author_user_id);
  if (authorId !== undefined && authorId !== context.selfId) return [];
  // The comment inside has no time of its own; the notice's is that of the comment.
  const timed = row.create_time === undefined ? { ...row, create_time: notice.create_time } : row;
  const comment = parseComment(timed, { ...context, source }, { workId: work?.id ?? idOf(notice.aweme_id) });
  if (!comment) return [];
  const gaps = { ...comment, gapsOnly: ['at', 'rawTime', 'state', 'isPinned'] as const };
  return work
    ? [{ kind: 'content', facts: work, gapsOnly: ['title', 'description', 'coverUrl', 'state', 'type'] }, gaps]
    : [gaps];
}
