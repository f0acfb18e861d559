export type Attributes = { [name: string]: string | boolean | undefined };
export type Child = Node | string | undefined;

/** Makes an element. `true` sets an empty attribute; `false` and `undefined` set none. */
export function el(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, '');
    else if (typeof value === 'string') node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== undefined));
  return node;
}

/** The element that a page builds into. */
export function root(): HTMLElement {
  const node = document.getElementById('sub-app');
  if (!node) throw new Error('page without #sub-app');
  return node;
}

/** Shows a line of text for a while, as the site's toasts do. */
export function toast(text: string, kind: 'ok' | 'error' = 'ok'): void {
  const node = el('div', { role: 'alert', class: `sim-toast sim-toast-${kind}` }, text);
  document.body.append(node);
  setTimeout(() => node.remove(), 3000);
}

/** `刚刚`, `12分钟前`, `3小时前`, else the date. */
export function timeText(ms: number): string {
  const minutes = Math.floor((Date.now() - ms) / 60_000);
  if (minutes < 1) return '刚刚';
  if (minutes < 60) return `${minutes}分钟前`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}小时前`;
  return new Date(ms).toLocaleDateString('zh-CN', { month: '2-digit', day: '2-digit' });
}
