import type { UserId } from '@hiscrm/shared/model/ids.ts';
import type { ConfirmPlan, NoticePriority, NoticeTarget } from '@hiscrm/shared/model/notice.ts';
import type { NoticeDraft, Templates } from '../../link/notice-api.ts';
import { gapsOf } from './template-words.ts';

export const TARGET_KINDS = ['all', 'admins', 'role', 'group', 'users'] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** The form as it stands; times as the browser's own field writes them, local and to the minute. */
export type SendForm = {
  readonly type: string;
  readonly priority: NoticePriority;
  /** Empty: `title` and `content` are the words. */
  readonly template: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly title: string;
  readonly content: string;
  readonly targetKind: TargetKind;
  readonly role: string;
  readonly group: string;
  readonly userIds: readonly string[];
  readonly excludeUserIds: readonly string[];
  readonly needConfirm: boolean;
  /** Hours; 0 reminds nobody. */
  readonly remindHours: number;
  /** Nobody is told where it is empty. */
  readonly deputyUserId: string;
  /** Hours until the deputy is told who has not confirmed. */
  readonly deputyHours: number;
  readonly expires: string;
  readonly sendAt: string;
};

export const EMPTY_FORM: SendForm = {
  type: 'system_notice',
  priority: 'normal',
  template: '',
  variables: {},
  title: '',
  content: '',
  targetKind: 'all',
  role: 'operator',
  group: '',
  userIds: [],
  excludeUserIds: [],
  needConfirm: false,
  remindHours: 0,
  deputyUserId: '',
  deputyHours: 24,
  expires: '',
  sendAt: '',
};

/** Whom the form names; undefined while that is not said. */
export function targetOf(form: SendForm): NoticeTarget | undefined {
  const excluded = form.excludeUserIds.length > 0 && { excludeUserIds: form.excludeUserIds as UserId[] }; // ids of users
  switch (form.targetKind) {
    case 'all':
    case 'admins':
      return { kind: form.targetKind, ...excluded };
    case 'role':
      return { kind: 'role', role: form.role, ...excluded };
    case 'group':
      return form.group === '' ? undefined : { kind: 'group', group: form.group, ...excluded };
    case 'users':
      // ids of users, as the list of users has them
      return form.userIds.length === 0 ? undefined : { kind: 'users', userIds: form.userIds as UserId[], ...excluded };
    default:
      return form.targetKind satisfies never;
  }
}

export type SendPlan =
  | { readonly kind: 'ready'; readonly draft: NoticeDraft }
  | { readonly kind: 'incomplete'; readonly missing: MissingWords | 'target' | 'timePast' | 'expiresFirst' };

/** What the form would send at `now`, or what it lacks. */
export function planSend(form: SendForm, now: number, templates: Templates = {}): SendPlan {
  const target = targetOf(form);
  const words = wordsOf(form, templates);
  if (typeof words === 'string') return { kind: 'incomplete', missing: words };
  if (!target) return { kind: 'incomplete', missing: 'target' };
  const sendAt = timeOf(form.sendAt);
  const expiresAt = timeOf(form.expires);
  if ((sendAt ?? now + 1) <= now || (expiresAt ?? now + 1) <= now) return { kind: 'incomplete', missing: 'timePast' };
  if (expiresAt !== undefined && expiresAt <= (sendAt ?? now)) return { kind: 'incomplete', missing: 'expiresFirst' };
  const { type, priority, needConfirm } = form;
  return {
    kind: 'ready',
    draft: {
      type,
      priority,
      ...words,
      target,
      needConfirm,
      ...(needConfirm && confirmPlanOf(form)),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(sendAt !== undefined && { sendAt }),
    },
  };
}

type MissingWords = 'content' | 'template' | 'variables';
type Words =
  | { readonly title?: string; readonly content: string }
  | { readonly template: string; readonly variables: Readonly<Record<string, string>> };

/** The words, or what they lack. Values of gaps that the template does not have are left out. */
function wordsOf({ template: name, variables, title, content }: SendForm, templates: Templates): Words | MissingWords {
  if (name === '') {
    if (content.trim() === '') return 'content';
    return { ...(title.trim() !== '' && { title: title.trim() }), content };
  }
  const template = templates[name];
  if (!template) return 'template';
  const gaps = gapsOf(template);
  if (gaps.some((gap) => !variables[gap]?.trim())) return 'variables';
  return { template: name, variables: Object.fromEntries(gaps.map((gap) => [gap, variables[gap] ?? ''])) };
}

const HOUR_MS = 3_600_000;
/** Somebody who has not answered so many reminders is somebody to call. */
const REMINDER_LIMIT_COUNT = 5;

/** What happens while somebody has not confirmed; nothing where nothing was asked for. */
function confirmPlanOf({ remindHours, deputyUserId, deputyHours }: SendForm): { readonly confirmPlan?: ConfirmPlan } {
  if (remindHours === 0 && deputyUserId === '') return {};
  return {
    confirmPlan: {
      ...(remindHours > 0 && { repeatEveryMs: remindHours * HOUR_MS, repeatCount: REMINDER_LIMIT_COUNT }),
      // an id of the list of users
      ...(deputyUserId !== '' && { escalateAfterMs: deputyHours * HOUR_MS, deputyUserId: deputyUserId as UserId }),
    },
  };
}

const timeOf = (text: string): number | undefined => (text === '' ? undefined : new Date(text).getTime());
