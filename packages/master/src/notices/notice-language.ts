/** The language in which a user reads notices; `default` = as the sender wrote them. */
export type NoticeLanguage = 'zh' | 'en' | 'default';
