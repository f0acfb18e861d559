import { ROLES } from '@hiscrm/shared/model/visibility.ts';
import type { Translate } from '../../i18n/use-text.ts';
import type { TextKey } from '../../i18n/zh-cn.ts';
import type { NoticeStatus } from '../../link/notice-api.ts';
import { ROLE_WORDS } from '../admin/role-words.ts';

export const STATUS_WORDS: Readonly<Record<NoticeStatus, TextKey>> = {
  scheduled: 'noticeStatus.scheduled',
  sent: 'noticeStatus.sent',
  recalled: 'noticeStatus.recalled',
  superseded: 'noticeStatus.superseded',
  expired: 'noticeStatus.expired',
};

const TARGETS: Readonly<Record<string, TextKey>> = {
  all: 'console.targetAll',
  admins: 'console.targetAdmins',
  users: 'console.targetUsers',
};

/** The server writes a target as `kind` or `kind:name`; the name of a role has words of its own. */
export function targetWords(target: string, t: Translate): string {
  const key = TARGETS[target];
  if (key) return t(key);
  const [kind, name = ''] = target.split(':', 2);
  const role = ROLES.find((known) => known === name);
  if (kind === 'role') return `${t('admin.role')}: ${role ? t(ROLE_WORDS[role]) : name}`;
  return name === '' ? target : name;
}
