import { h } from './boot.ts';
import { el } from './dom.ts';
import { attachFiber } from './fiber.ts';

// biome-ignore lint/suspicious/noExplicitAny: bubble props come in the platform's shape
export type BubbleProps = any;
export type BubbleState = 'sent' | 'sending' | 'failed';

function contentNode(props: BubbleProps): HTMLElement {
  if (props.ext?.['s:is_recalled'] === 'true') return el('i', {}, '撤回了一条消息');
  const { content } = props;
  switch (props.type) {
    case 7:
      return el('span', {}, content.text ?? '');
    case 1:
      return el('small', {}, content.tips ?? '');
    case 5:
      return el('img', { src: content.url?.url_list?.[0] ?? '', alt: content.display_name ?? '表情', width: '80' });
    case 27:
      return el('img', { src: content.resource_url?.thumb_url_list?.[0] ?? '', alt: '[图片]', width: '140' });
    case 8:
      return el('span', {}, `[分享视频] ${content.content_title ?? ''}`);
    default:
      return el('span', {}, content.tips ?? '[暂不支持的消息]');
  }
}

/** One bubble, with the message as props of a fiber above it. */
export function bubbleNode(props: BubbleProps, state: BubbleState): HTMLElement {
  const avatar = props.isFromMe
    ? undefined
    : el('img', { src: props.avatar ?? '', alt: '', class: h('bubble-avatar') });
  const mark =
    state === 'failed'
      ? el('span', { class: `${h('bubble-failed')} message-error-icon`, title: '发送失败' }, '!')
      : undefined;
  const side = props.isFromMe ? 'bubble-own' : 'bubble-peer';
  const node = el(
    'div',
    { class: `${h('box-item')} ${h(side)}`, 'data-state': state },
    avatar,
    mark,
    el('div', { class: h('box-item-text') }, contentNode(props)),
  );
  attachFiber(node, [{ ...props, createdAt: new Date(props.createdAt) }], 3, 25);
  return node;
}
