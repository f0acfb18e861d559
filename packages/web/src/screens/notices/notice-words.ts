import type { NoticePriority } from '@hiscrm/shared/model/notice.ts';
import type { NoticeRule } from '@hiscrm/shared/model/notice-preferences.ts';
import { DIGEST_TYPE } from '@hiscrm/shared/protocol/notice-link.ts';
import type { Translate } from '../../i18n/use-text.ts';
import type { TextKey } from '../../i18n/zh-cn.ts';

/** A priority has a word as well as a colour. */
export const PRIORITY_WORDS: Readonly<Record<NoticePriority, TextKey>> = {
  low: 'notices.low',
  normal: 'notices.normal',
  high: 'notices.high',
  urgent: 'notices.urgent',
};

const TYPE_WORDS: Readonly<Record<string, TextKey>> = {
  system_notice: 'noticeType.systemNotice',
  system_maintain: 'noticeType.systemMaintain',
  system_upgrade: 'noticeType.systemUpgrade',
  message_received: 'noticeType.messageReceived',
  comment_received: 'noticeType.commentReceived',
  login_expired: 'noticeType.loginExpired',
  account_challenge: 'noticeType.accountChallenge',
  worker_down: 'noticeType.workerDown',
  coverage_gap: 'noticeType.coverageGap',
  [DIGEST_TYPE]: 'noticeType.digest',
};

/** Types that somebody can choose when writing a notice. The set is open: programs send others. */
export const WRITTEN_TYPES = ['system_notice', 'system_maintain', 'system_upgrade'] as const;

/** The type in words; one that nobody named here is shown as it is. */
export function typeWord(type: string, t: Translate): string {
  const key = TYPE_WORDS[type];
  return key ? t(key) : type;
}

/** Types that somebody may not want: those that have a word. Others can be named as they are. */
export const NAMED_TYPES: readonly string[] = Object.keys(TYPE_WORDS).filter((type) => type !== DIGEST_TYPE);

export const WORD_LANGUAGES = ['zh', 'en'] as const;
export type WordLanguage = (typeof WORD_LANGUAGES)[number];

/** Languages in their own words, as everybody who reads them knows them. */
export const LANGUAGE_NAMES: Readonly<Record<WordLanguage, string>> = { zh: '中文', en: 'English' };

/** The rules that make notices from the inbox, as whoever switches them reads them. */
export const RULE_WORDS: Readonly<Record<NoticeRule, TextKey>> = {
  newComment: 'noticeRule.newComment',
  newMessage: 'noticeRule.newMessage',
  loginExpired: 'noticeRule.loginExpired',
  workerDown: 'noticeRule.workerDown',
  coverageGap: 'noticeRule.coverageGap',
};
