import { h } from './boot.ts';
import { el } from './dom.ts';

/**
 * A box to write in: a contenteditable with a placeholder and a 发送 button that is disabled until there is text. The box is
 * emptied when `send` says that the text was taken.
 */
export function replyBox(placeholder: string, send: (text: string) => Promise<boolean>): HTMLElement {
  const input = el('div', {
    contenteditable: 'true',
    placeholder,
    'data-placeholder': placeholder,
    class: h('reply-input'),
  });
  const button = el(
    'button',
    {
      type: 'button',
      class: 'douyin-creator-interactive-button douyin-creator-interactive-button-primary',
      disabled: true,
    },
    '发送',
  );
  const refresh = (): void => {
    button.toggleAttribute('disabled', input.innerText.trim() === '');
  };
  input.addEventListener('input', refresh);
  button.addEventListener('click', async () => {
    const text = input.innerText.replace(/\n$/, '');
    button.toggleAttribute('disabled', true);
    if (await send(text)) input.textContent = '';
    refresh();
  });
  return el('div', { class: h('reply-box') }, input, el('div', { class: h('reply-foot') }, button));
}
