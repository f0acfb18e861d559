/** Shapes E, F and G: comments with plain ids, from the creator centre and from www. */
import type { CommentFacts, ItemState, Media } from '@hiscrm/shared/model/facts.ts';
import type { ItemId, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { FactOf } from '../../fact.ts';
import {
  countOf,
  filledOf,
  firstUrlOf,
  flagOf,
  idOf,
  numberOf,
  present,
  recordOf,
  recordsOf,
  shortOf,
  textOf,
  urlOf,
} from './fields.ts';
import { type ListPage, pageOf } from './list-page.ts';
import type { JsonRecord } from './lossless-json.ts';
import type { ParseContext } from './parse-context.ts';
import { parsePerson } from './parse-person.ts';
import { idTimeOf, timeOf } from './times.ts';

/** What only the request says. */
export type CommentRequest = {
  /** The work, plain. */
  readonly workId?: string | undefined;
  /** Set on a list of answers: the comment they hang under. */
  readonly parentId?: string | undefined;
};
export type CommentSource = 'api' | 'www' | 'notice' | 'reply';

/** The rows of one answer; previews of answers inside a row come as rows of their own, after it. */
export function parseComments(
  body: unknown,
  context: ParseContext & { readonly source: CommentSource },
  request: CommentRequest = {},
): ListPage<FactOf<'comment'>> {
  const answer = recordOf(body);
  const facts = recordsOf(answer?.comments).flatMap((row) => withPreviews(row, context, request));
  return pageOf(answer, facts, answer?.cursor);
}

function withPreviews(
  row: JsonRecord,
  context: ParseContext & { readonly source: CommentSource },
  request: CommentRequest,
): FactOf<'comment'>[] {
  const fact = parseComment(row, context, request);
  if (!fact) return [];
  const previews = recordsOf(row.reply_comment)
    .map((preview) => parseComment(preview, context, { workId: fact.facts.topicId, parentId: fact.facts.id }))
    .filter((preview) => preview !== undefined)
    // A notice's preview is the comment that was answered, with an id and a text only.
    .filter((preview) => preview.facts.author !== undefined);
  return [fact, ...previews];
}

/** One comment. Undefined without its own id or its work's. */
export function parseComment(
  row: JsonRecord,
  context: ParseContext & { readonly source: CommentSource },
  request: CommentRequest = {},
): FactOf<'comment'> | undefined {
  const id = idOf(row.cid);
  const topicId = idOf(row.aweme_id) ?? request.workId;
  if (id === undefined || topicId === undefined) return undefined;
  const author = parsePerson(row.user);
  const at = timeOf(row.create_time);
  const parentId = idOf(row.reply_id) ?? request.parentId;
  return {
    kind: 'comment',
    ...(at === undefined && { gapsOnly: ['at' as const] }),
    facts: present<CommentFacts>({
      kind: 'comment',
      id: id as ItemId, // a platform id is an item's id
      topicId: topicId as TopicId, // likewise
      author,
      direction: author && (author.id === context.selfId ? 'out' : 'in'),
      text: textOf(row.text),
      media: mediaOf(row),
      at: at ?? idTimeOf(id),
      rawTime: typeof row.create_time === 'number' ? String(row.create_time) : shortOf(row.create_time),
      state: stateOf(row.status),
      parentId: parentId === id ? undefined : (parentId as ItemId | undefined), // a platform id is an item's id
      replyToId: idOf(row.reply_to_reply_id) as ItemId | undefined, // likewise
      likeCount: countOf(row.digg_count),
      replyCount: countOf(row.reply_comment_total),
      isPinned: numberOf(row.stick_position) === undefined ? undefined : flagOf(row.stick_position) !== false,
      ipLabel: shortOf(row.ip_label),
      source: context.source,
      observedAt: context.observedAt,
    }),
  };
}

/** 1 is visible. What the other numbers mean is not known: such a comment is hidden until a list shows it again. */
function stateOf(status: unknown): ItemState | undefined {
  const number = numberOf(status);
  if (number === undefined) return undefined;
  return number === 1 ? 'visible' : 'hidden';
}

function mediaOf(row: JsonRecord): Media[] | undefined {
  const images = recordsOf(row.image_list).map((image) =>
    present<Media>({
      kind: 'image',
      url: urlOf(image.download_url) ?? firstUrlOf(image.origin_url) ?? firstUrlOf(image),
      thumbnailUrl: firstUrlOf(image),
      widthPx: countOf(image.width),
      heightPx: countOf(image.height),
    }),
  );
  const sticker = recordOf(row.sticker);
  const stickers = sticker
    ? [
        present<Media>({
          kind: 'sticker',
          url: firstUrlOf(sticker.animate_url) ?? firstUrlOf(sticker.static_url),
          thumbnailUrl: firstUrlOf(sticker.static_url),
          title: shortOf(filledOf(sticker.display_name)),
          refId: idOf(sticker.id),
        }),
      ]
    : [];
  const videos = recordsOf(row.video_list).map((video) =>
    present<Media>({
      kind: 'video',
      url: firstUrlOf(video.play_addr) ?? firstUrlOf(video),
      thumbnailUrl: firstUrlOf(video.cover),
    }),
  );
  const all = [...images, ...stickers, ...videos].slice(0, 50);
  return all.length > 0 ? all : undefined;
}
