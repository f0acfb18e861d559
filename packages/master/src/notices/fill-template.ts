import { NOTICE_CONTENT_LIMIT_CHARS, NOTICE_TITLE_LIMIT_CHARS, type NoticeWords } from '@hiscrm/shared/model/notice.ts';
import type { NoticeTemplate } from '@hiscrm/shared/model/notice-change.ts';
import { fillGaps } from '@hiscrm/shared/model/template-gaps.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';

/** The words of a template with its `{{name}}` gaps filled. Throws BAD_REQUEST for a gap that no variable fills. */
export function fillTemplate(
  template: NoticeTemplate,
  variables: Readonly<Record<string, string>>,
): { readonly title?: string; readonly content: string; readonly words: NoticeTemplate } {
  const fill = (text: string, limitChars: number): string => {
    const filled = fillGaps(text, (name) => {
      const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
      if (value === undefined) throw new ImError('BAD_REQUEST', { reason: `the template needs a value for ${name}` });
      return value;
    });
    if (filled.length === 0 || filled.length > limitChars) {
      throw new ImError('BAD_REQUEST', { reason: `the filled template has ${filled.length} characters` });
    }
    return filled;
  };
  const both = (words: NoticeWords): NoticeWords => ({
    ...(words.title !== undefined && { title: fill(words.title, NOTICE_TITLE_LIMIT_CHARS) }),
    content: fill(words.content, NOTICE_CONTENT_LIMIT_CHARS),
  });
  const words: NoticeTemplate = {
    ...(template.zh && { zh: both(template.zh) }),
    ...(template.en && { en: both(template.en) }),
  };
  const first = words.zh ?? words.en;
  if (!first) throw new ImError('BAD_REQUEST', { reason: 'the template has no words' });
  return { ...first, words };
}
