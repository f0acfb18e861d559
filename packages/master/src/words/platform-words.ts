import { lookUp } from '@hiscrm/shared/lib/look-up.ts';

/** The longest operator's name of an account, as `accountNameSchema` has it and as existing forms check it. */
export const ACCOUNT_NAME_LIMIT_CHARS = 50;

const LABELS: Readonly<Record<string, string>> = { douyin: '抖音', xiaohongshu: '小红书' };

/** What people call a platform; its own name when we know no better. */
export const platformLabel = (platform: string): string => lookUp(LABELS, platform) ?? platform;
