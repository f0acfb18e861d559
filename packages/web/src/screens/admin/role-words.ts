import type { Role } from '@hiscrm/shared/model/visibility.ts';
import type { TextKey } from '../../i18n/zh-cn.ts';

export const ROLE_WORDS: Record<Role, TextKey> = {
  viewer: 'role.viewer',
  operator: 'role.operator',
  admin: 'role.admin',
};
