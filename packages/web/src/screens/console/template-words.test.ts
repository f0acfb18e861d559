import { noticeTemplateSchema } from '@hiscrm/shared/model/notice-change.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import { expect, test } from 'vitest';
import { gapsOf, planTemplate, previewWords, templateForm } from './template-words.ts';

const parse = parserOf(noticeTemplateSchema);

test('the gaps of both languages and of titles are asked for once', () => {
  expect(gapsOf({ zh: { title: '{{a}}', content: '{{b}}' }, en: { content: '{{b}} {{c}}' } })).toEqual(['a', 'b', 'c']);
});

test('a preview fills what is known and shows what is not', () => {
  const words = { title: '{{a}}', content: '{{ a }} {{b}} {{constructor}}' };
  expect(previewWords(words, { a: '今晚', b: '' })).toEqual({ title: '今晚', content: '今晚 {{b}} {{constructor}}' });
  expect(previewWords({ content: '-' }, {})).toEqual({ content: '-' });
});

test('a template has a name of its own and words in one language at least; a title alone is no words', () => {
  const form = templateForm('今晚维护', { zh: { content: '停机' } });
  expect(planTemplate(form, ['other'])).toEqual({
    kind: 'ready',
    name: '今晚维护',
    template: { zh: { content: '停机' } },
  });
  expect(planTemplate({ ...form, name: 'two words' }, [])).toMatchObject({ missing: 'name' });
  expect(planTemplate({ ...form, name: 'a/b' }, [])).toMatchObject({ missing: 'name' });
  expect(planTemplate(form, ['今晚维护'])).toMatchObject({ missing: 'taken' });
  expect(planTemplate(templateForm('empty', undefined), [])).toMatchObject({ missing: 'words' });
  expect(planTemplate({ ...form, en: { title: 'Tonight', content: ' ' } }, [])).toMatchObject({ missing: 'titleOnly' });
  const both = planTemplate({ ...form, en: { title: ' Tonight ', content: 'down' } }, []);
  expect(both.kind === 'ready' && parse(both.template)).toMatchObject({ ok: true });
  expect(both).toMatchObject({ template: { en: { title: 'Tonight' } } });
});
