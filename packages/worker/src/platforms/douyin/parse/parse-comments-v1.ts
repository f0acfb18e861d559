/**
 * Shapes C and D: the old comment lists. They hold encrypted ids only, which differ between sessions and name no work, so
 * they cannot key an item (docs/platforms/douyin.md). They are read to see that the page still uses them.
 */
import { filledOf, flagOf, idOf, present, recordOf, recordsOf, shortOf, textOf } from './fields.ts';
import { type ListPage, pageOf } from './list-page.ts';
import { timeOf } from './times.ts';

export type EncryptedComment = {
  readonly encryptedId: string;
  readonly text?: string;
  readonly at?: number;
  readonly authorName?: string;
  readonly isFromAccount?: boolean;
  readonly level?: 1 | 2;
};

export function parseCommentsV1(body: unknown): ListPage<EncryptedComment> {
  const answer = recordOf(body);
  const rows = recordsOf(answer?.comment_info_list).flatMap((row): EncryptedComment[] => {
    const encryptedId = idOf(row.comment_id);
    if (encryptedId === undefined) return [];
    return [
      present<EncryptedComment>({
        encryptedId,
        text: textOf(row.text),
        at: timeOf(row.create_time),
        authorName: shortOf(filledOf(recordOf(row.user_info)?.screen_name)),
        isFromAccount: flagOf(row.is_author),
        level: row.level === 1 || row.level === 2 ? row.level : undefined,
      }),
    ];
  });
  return pageOf(answer, rows, answer?.cursor);
}
