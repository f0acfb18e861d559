/** What the pictures of notices show: a bell with a digest, and a console whose notices have readers. */
import { PictureApi, textIn } from './picture-api.ts';

export type PictureLanguage = 'zh-CN' | 'en';
type Words = { readonly title: string; readonly content: string };
type Both = { readonly priority: string; readonly type: string; readonly zh: Words; readonly en: Words };

const TIME_ZONE = 'Asia/Shanghai';
const MINUTE_MS = 60_000;
/** Shanghai is ahead of UTC by this all the year round. */
const ZONE_AHEAD_MINUTES = 480;
const DAY_MINUTES = 1_440;
/** The digest must still be ahead when the last of its notices is sent. */
const DIGEST_LEAD_MS = 15_000;

const KEPT: readonly Both[] = [
  {
    priority: 'low',
    type: 'system_notice',
    zh: { title: '帮助文档已更新', content: '「回复的各种结果」一节补充了示例。' },
    en: { title: 'The handbook is renewed', content: 'The part about what became of an answer has examples.' },
  },
  {
    priority: 'low',
    type: 'system_upgrade',
    zh: { title: '新增快捷键 Ctrl+K', content: '输入几个字，即可跳到任意账号或会话。' },
    en: { title: 'A new key: Ctrl+K', content: 'A few letters lead to any account or conversation.' },
  },
  {
    priority: 'low',
    type: 'system_notice',
    zh: { title: '周五 15:00 客服例会', content: '地点：三楼会议室。' },
    en: { title: 'Team meeting on Friday at 15:00', content: 'Third floor.' },
  },
];
const AT_ONCE: readonly Both[] = [
  {
    priority: 'normal',
    type: 'system_notice',
    zh: { title: '春茶礼盒已补货', content: '可以答复询问库存的评论了。库存 1,200 盒。' },
    en: { title: 'The gift box is in stock again', content: 'Comments that ask for it can be answered. 1,200 boxes.' },
  },
  {
    priority: 'high',
    type: 'system_maintain',
    zh: { title: '今晚 22:00 停机维护', content: '预计 30 分钟，请提前发出未完成的回复。' },
    en: { title: 'Maintenance tonight at 22:00', content: 'About 30 minutes. Please send open answers before.' },
  },
];

/** Sends a few notices, the low ones as one digest. Resolves with the moment at which the digest is due, in ms. */
export async function fillBell(baseUrl: string, password: string): Promise<number> {
  const api = await PictureApi.login(baseUrl, password);
  const dueAt = Math.ceil((Date.now() + DIGEST_LEAD_MS) / MINUTE_MS) * MINUTE_MS;
  await chooseLanguage(api, 'zh-CN', dueAt);
  for (const [index, words] of [...KEPT, ...AT_ONCE].entries()) {
    const { zh, en, priority, type } = words;
    const template = `picture-${index}`;
    await api.send('PUT', `/api/admin/notification/templates/${template}`, { zh, en });
    const target = { kind: 'all' };
    await api.send('POST', '/api/admin/system/notice', { template, variables: {}, priority, type, target });
  }
  return dueAt;
}

/** The language in which the own notices come; the digest's minute goes with it, as preferences are replaced as a whole. */
async function chooseLanguage(api: PictureApi, language: PictureLanguage, digestAt: number): Promise<void> {
  await api.send('PUT', '/api/admin/notification/preferences', {
    language: language === 'en' ? 'en' : 'zh',
    timeZone: TIME_ZONE,
    digestMinute: (digestAt / MINUTE_MS + ZONE_AHEAD_MINUTES) % DAY_MINUTES,
  });
}

/** From now on the bell speaks this language. */
export async function speak(baseUrl: string, password: string, language: PictureLanguage): Promise<void> {
  await chooseLanguage(await PictureApi.login(baseUrl, password), language, 0);
}

const READERS: Readonly<Record<PictureLanguage, readonly string[]>> = {
  'zh-CN': ['李娜', '王芳', '张伟', '陈静', '刘洋', '赵敏', '周杰', '吴琳', '孙磊', '林晓', '何苗'],
  en: ['anna', 'ben', 'carla', 'david', 'emma', 'frank', 'grace', 'henry', 'iris', 'jack', 'kate'],
};
const SHIFT_WORDS: Readonly<Record<PictureLanguage, Words>> = {
  'zh-CN': { title: '双十二值班表', content: '12 月 12 日全员到岗，请确认您的班次。' },
  en: { title: 'Duty roster for the sale', content: 'Everybody is on duty on December 12. Please confirm your shift.' },
};
/** How many of the readers have come how far: some have only read, some not even that. */
const READ_COUNT = 9;
const CONFIRMED_COUNT = 6;
const BETWEEN_READERS_MS = 700;

/** Notices of a console, one of which is read and confirmed by one reader after the other. Resolves with its title. */
export async function fillConsole(baseUrl: string, password: string, language: PictureLanguage): Promise<string> {
  const api = await PictureApi.login(baseUrl, password);
  const userIds: string[] = [];
  for (const username of READERS[language]) {
    const added = await api.send('POST', '/api/admin/users', { username, password, role: 'operator' });
    userIds.push(textIn(added, 'id'));
  }
  const target = { kind: 'all' };
  for (const words of [...KEPT, ...AT_ONCE]) {
    const { zh, en, priority, type } = words;
    const sent = await api.send('POST', '/api/admin/system/notice', {
      ...(language === 'en' ? en : zh),
      priority,
      type,
      target,
    });
    await mark(api, 'read', textIn(sent, 'messageId'), userIds.slice(0, READ_COUNT - (priority === 'low' ? 4 : 1)));
  }
  const roster = { ...SHIFT_WORDS[language], priority: 'high', type: 'system_notice', target, needConfirm: true };
  const messageId = textIn(await api.send('POST', '/api/admin/system/notice', roster), 'messageId');
  for (const [index, userId] of userIds.slice(0, READ_COUNT).entries()) {
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_READERS_MS));
    await mark(api, 'read', messageId, [userId]);
    const confirming = userIds[index - (READ_COUNT - CONFIRMED_COUNT)];
    if (confirming !== undefined) await mark(api, 'confirmed', messageId, [confirming]);
  }
  return SHIFT_WORDS[language].title;
}

async function mark(
  api: PictureApi,
  state: 'read' | 'confirmed',
  messageId: string,
  userIds: readonly string[],
): Promise<void> {
  for (const userId of userIds) {
    await api.send('POST', `/api/admin/notification/mark-${state}`, { message_id: messageId, user_id: userId });
  }
}
