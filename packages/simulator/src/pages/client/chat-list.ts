import { h } from './boot.ts';
import { el, timeText } from './dom.ts';
import { attachFiber } from './fiber.ts';

const ROW_PX = 105;
/** Rows mounted above and below what is visible. */
const OVERSCAN = 2;
const MAX_MOUNTED = 12;

/** A conversation as the list holds it. `row` is what hangs on the element. */
// biome-ignore lint/suspicious/noExplicitAny: row props come in the platform's shape
export type ChatEntry = { row: any; isStranger: boolean; unreadCount: number; name: string; avatar: string };

function summary(entry: ChatEntry): string {
  return entry.row.content.text ?? entry.row.content.tips ?? '';
}

/** The virtualised list on the left: rows of 105 px, of which at most twelve exist. */
export class ChatList {
  readonly node = el('div', { class: `ReactVirtualized__Grid ReactVirtualized__List ${h('chat-list')}`, role: 'grid' });
  readonly #inner = el('div', { class: 'ReactVirtualized__Grid__innerScrollContainer', role: 'rowgroup' });
  readonly #onPick: (id: string) => void;
  #entries: ChatEntry[] = [];
  #selected = '';

  constructor(onPick: (id: string) => void) {
    this.#onPick = onPick;
    this.node.append(this.#inner);
    this.node.addEventListener('scroll', () => this.render());
  }

  set(entries: ChatEntry[], selected: string): void {
    this.#entries = entries;
    this.#selected = selected;
    this.render();
  }

  render(): void {
    const visible = Math.ceil(this.node.clientHeight / ROW_PX);
    const first = Math.max(0, Math.floor(this.node.scrollTop / ROW_PX) - OVERSCAN);
    const count = Math.min(MAX_MOUNTED, visible + 2 * OVERSCAN);
    this.#inner.style.height = `${this.#entries.length * ROW_PX}px`;
    this.#inner.replaceChildren(
      ...this.#entries.slice(first, first + count).map((entry, index) => this.#row(entry, first + index)),
    );
  }

  #row(entry: ChatEntry, index: number): HTMLElement {
    const name = el('div', { class: h('item-header-name') }, entry.name);
    const time = el('span', { class: h('item-header-time') }, timeText(new Date(entry.row.createdTime).getTime()));
    const badge = entry.unreadCount > 0 ? el('span', { class: h('item-badge') }, String(entry.unreadCount)) : undefined;
    const about = el(
      'div',
      { class: h('item-about') },
      el('div', { class: h('item-header') }, name, time),
      el('div', { class: h('item-content') }, summary(entry)),
    );
    const isSelected = entry.row.id === this.#selected;
    const item = el(
      'div',
      { class: `${h('item')} semi-list-item`, role: 'listitem', 'aria-selected': String(isSelected) },
      el('img', { src: entry.avatar, alt: '' }),
      about,
      badge,
    );
    item.style.top = `${index * ROW_PX}px`;
    item.addEventListener('click', () => this.#onPick(entry.row.id));
    attachFiber(item, [{ ...entry.row, createdTime: new Date(entry.row.createdTime) }], 3, 12);
    return item;
  }
}
