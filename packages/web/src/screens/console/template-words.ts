import { groupNameSchema, type NoticeWords } from '@hiscrm/shared/model/notice.ts';
import type { NoticeTemplate } from '@hiscrm/shared/model/notice-change.ts';
import { fillGaps, gapsIn } from '@hiscrm/shared/model/template-gaps.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import { WORD_LANGUAGES } from '../notices/notice-words.ts';

/** The gaps of a template in both languages, each once. */
export const gapsOf = ({ zh, en }: NoticeTemplate): string[] => gapsIn(zh?.title, zh?.content, en?.title, en?.content);

/** The words with the values that are known; a gap without one stays to be seen. */
export function previewWords(words: NoticeWords, values: Readonly<Record<string, string>>): NoticeWords {
  const fill = (text: string): string =>
    fillGaps(text, (name) => (Object.hasOwn(values, name) && values[name]) || `{{${name}}}`);
  return { ...(words.title !== undefined && { title: fill(words.title) }), content: fill(words.content) };
}

/** A template as its form shows it. */
export type TemplateForm = {
  readonly name: string;
  readonly zh: { readonly title: string; readonly content: string };
  readonly en: { readonly title: string; readonly content: string };
};

export const templateForm = (name: string, template: NoticeTemplate | undefined): TemplateForm => ({
  name,
  zh: { title: template?.zh?.title ?? '', content: template?.zh?.content ?? '' },
  en: { title: template?.en?.title ?? '', content: template?.en?.content ?? '' },
});

const parseName = parserOf(groupNameSchema);

/** Whether the server takes it as the name of a template or a group. */
export const isSettingName = (name: string): boolean => parseName(name).ok;

export type TemplatePlan =
  | { readonly kind: 'ready'; readonly name: string; readonly template: NoticeTemplate }
  | { readonly kind: 'incomplete'; readonly missing: 'name' | 'taken' | 'words' | 'titleOnly' };

/** What the form would keep, or what it lacks. `taken` are the names that it may not have. */
export function planTemplate(form: TemplateForm, taken: readonly string[]): TemplatePlan {
  const name = form.name.trim();
  if (!isSettingName(name)) return { kind: 'incomplete', missing: 'name' };
  if (taken.includes(name)) return { kind: 'incomplete', missing: 'taken' };
  const words = WORD_LANGUAGES.map((language) => {
    const title = form[language].title.trim();
    const { content } = form[language];
    return { language, title, content, isEmpty: content.trim() === '' };
  });
  if (words.some(({ isEmpty, title }) => isEmpty && title !== '')) return { kind: 'incomplete', missing: 'titleOnly' };
  const written = words.filter(({ isEmpty }) => !isEmpty);
  if (written.length === 0) return { kind: 'incomplete', missing: 'words' };
  const template = Object.fromEntries(
    written.map(({ language, title, content }) => [language, { ...(title !== '' && { title }), content }]),
  );
  return { kind: 'ready', name, template };
}
