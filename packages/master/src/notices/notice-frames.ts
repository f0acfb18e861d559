import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { DownOf } from '@hiscrm/shared/protocol/client-link.ts';
import type { NoticeDown, NoticeFrame } from '@hiscrm/shared/protocol/notice-link.ts';
import { textFrame } from '../hub/prepared-frame.ts';
import { digestFrameOf } from './digest.ts';
import type { LiveNotice } from './live-notice.ts';
import type { NoticeLanguage } from './notice-language.ts';

/** Unread counts up to this share a frame; above, one is made for each. */
const UNREAD_KEPT_COUNT = 1_000;

/** What a notice is for its reader: the words of the language, where the sender gave them. */
export function noticeFrameOf(
  notice: LiveNotice,
  options: { readonly offset: Seq; readonly language: NoticeLanguage; readonly isOffline: boolean },
): NoticeFrame {
  const { messageId, type, data, priority, needConfirm, words } = notice.notice;
  const own = options.language === 'default' ? undefined : words?.[options.language];
  const { title, content } = own ?? notice.notice;
  return {
    type,
    messageId,
    offset: options.offset,
    ...(title !== undefined && { title }),
    content,
    ...(data !== undefined && { data }),
    time: notice.body.sentAt ?? notice.at,
    priority,
    needConfirm,
    ...(options.isOffline && { offline: true }),
  };
}

type Shown = { readonly offset: Seq; readonly language: NoticeLanguage; readonly isOffline: boolean };

/** One notice, or the digest of those that came together. */
export function frameOf(notices: readonly LiveNotice[], how: Shown): NoticeFrame {
  const [notice, another] = notices;
  return notice && !another ? noticeFrameOf(notice, how) : digestFrameOf(notices, how);
}

/** The same as bytes. */
export function preparedOf(notices: readonly LiveNotice[], how: Shown): Buffer {
  const [notice, another] = notices;
  return notice && !another ? preparedNotice(notice, how) : textFrame(JSON.stringify(digestFrameOf(notices, how)));
}

/** The bytes of a notice for one kind of reader: encoded once, written to thousands of sockets. */
export function preparedNotice(
  notice: LiveNotice,
  options: { readonly offset: Seq; readonly language: NoticeLanguage; readonly isOffline: boolean },
): Buffer {
  const language = notice.notice.words ? options.language : 'default';
  const key = `${options.offset} ${language} ${options.isOffline}`;
  let frame = notice.frames.get(key);
  if (!frame) {
    frame = textFrame(JSON.stringify(noticeFrameOf(notice, { ...options, language })));
    notice.frames.set(key, frame);
  }
  return frame;
}

export const preparedDown = (frame: NoticeDown): Buffer => textFrame(JSON.stringify(frame));

const unreadFrames: Buffer[] = [];
export function preparedUnread(count: number): Buffer {
  if (count > UNREAD_KEPT_COUNT) return preparedDown({ type: 'unread', count });
  let frame = unreadFrames[count];
  if (!frame) {
    frame = preparedDown({ type: 'unread', count });
    unreadFrames[count] = frame;
  }
  return frame;
}

/** The same for our own client: one frame holds all of it. */
export const preparedNative = (frame: Omit<DownOf<'notices'>, 'type'>): Buffer =>
  textFrame(JSON.stringify({ type: 'notices', ...frame } satisfies DownOf<'notices'>));
