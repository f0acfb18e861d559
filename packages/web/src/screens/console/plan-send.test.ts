import { expect, test } from 'vitest';
import { EMPTY_FORM, planSend, targetOf } from './plan-send.ts';

const NOW = new Date('2026-03-12T10:00').getTime();
const form = { ...EMPTY_FORM, content: '今晚维护' };

test('a notice without words, recipients or a possible time is not sent', () => {
  expect(planSend({ ...form, content: ' \n' }, NOW)).toEqual({ kind: 'incomplete', missing: 'content' });
  expect(planSend({ ...form, targetKind: 'users' }, NOW)).toEqual({ kind: 'incomplete', missing: 'target' });
  expect(planSend({ ...form, targetKind: 'group' }, NOW)).toEqual({ kind: 'incomplete', missing: 'target' });
  expect(planSend({ ...form, sendAt: '2026-03-12T09:59' }, NOW)).toEqual({ kind: 'incomplete', missing: 'timePast' });
  const late = { ...form, sendAt: '2026-03-13T10:00', expires: '2026-03-12T12:00' };
  expect(planSend(late, NOW)).toEqual({ kind: 'incomplete', missing: 'expiresFirst' });
});

test('what was left empty is not sent', () => {
  expect(planSend(form, NOW)).toEqual({
    kind: 'ready',
    draft: {
      type: 'system_notice',
      priority: 'normal',
      content: '今晚维护',
      target: { kind: 'all' },
      needConfirm: false,
    },
  });
  const full = { ...form, title: ' 维护 ', sendAt: '2026-03-12T12:00', expires: '2026-03-13T12:00' };
  expect(planSend(full, NOW)).toMatchObject({
    draft: { title: '维护', sendAt: NOW + 7_200_000, expiresAt: NOW + 26 * 3_600_000 },
  });
});

test('reminders and a deputy are asked for only where a confirmation is', () => {
  const asked = { ...form, remindHours: 2, deputyUserId: 'u-9' };
  expect(planSend(asked, NOW)).not.toHaveProperty('draft.confirmPlan');
  expect(planSend({ ...asked, needConfirm: true }, NOW)).toHaveProperty('draft.confirmPlan', {
    repeatEveryMs: 7_200_000,
    repeatCount: 5,
    escalateAfterMs: 24 * 3_600_000,
    deputyUserId: 'u-9',
  });
  expect(planSend({ ...form, needConfirm: true }, NOW)).not.toHaveProperty('draft.confirmPlan');
});

test('exclusions go with every target', () => {
  const excludeUserIds = ['u-1'];
  for (const targetKind of ['all', 'admins', 'role'] as const) {
    expect(targetOf({ ...form, targetKind, excludeUserIds })).toMatchObject({ kind: targetKind, excludeUserIds });
  }
  expect(targetOf({ ...form, targetKind: 'users', userIds: ['u-2'], excludeUserIds })).toEqual({
    kind: 'users',
    userIds: ['u-2'],
    excludeUserIds,
  });
});

test('a template takes the place of words; each of its gaps needs a value, and no other value is sent', () => {
  const templates = {
    maintain: { zh: { title: '{{what}}', content: '{{when}} 起停机' }, en: { content: 'from {{when}}' } },
  };
  const chosen = { ...form, content: '', template: 'maintain', variables: { what: '升级', old: 'x' } };
  expect(planSend(chosen, NOW, templates)).toEqual({ kind: 'incomplete', missing: 'variables' });
  expect(planSend({ ...chosen, variables: { what: ' ', when: '22:00' } }, NOW, templates)).toMatchObject({
    missing: 'variables',
  });
  const filled = { ...chosen, variables: { ...chosen.variables, when: '22:00' } };
  expect(planSend(filled, NOW, {})).toEqual({ kind: 'incomplete', missing: 'template' });
  const plan = planSend(filled, NOW, templates);
  expect(plan).toMatchObject({ draft: { template: 'maintain', variables: { what: '升级', when: '22:00' } } });
  expect(plan).not.toHaveProperty('draft.content');
  expect(plan).not.toHaveProperty('draft.variables.old');
});
