import { el } from './dom.ts';

export type LoadOutcome = 'more' | 'empty_more' | 'end' | 'failed';

/** Shortest pause between two loads that a wheel asks for. */
const WHEEL_GAP_MS = 400;

/**
 * Loads pages as the end of a list comes into view. A page without rows is not followed by another by itself: the user
 * has to scroll again, so a server that lies about "more" cannot make the page call for ever.
 */
export class ScrollLoader {
  readonly sentinel = el('div', { class: 'sim-list-end' });
  readonly #load: () => Promise<LoadOutcome>;
  #isBusy = false;
  #isVisible = false;
  #isEnded = false;
  #lastLoadMs = 0;

  constructor(load: () => Promise<LoadOutcome>) {
    this.#load = load;
    new IntersectionObserver((entries) => {
      this.#isVisible = entries.at(-1)?.isIntersecting ?? false;
      if (this.#isVisible) void this.#next();
    }).observe(this.sentinel);
    addEventListener('wheel', () => {
      if (this.#isVisible && Date.now() - this.#lastLoadMs > WHEEL_GAP_MS) void this.#next();
    });
  }

  /** Begins the list anew. */
  restart(): void {
    this.#isEnded = false;
    this.sentinel.textContent = '';
    void this.#next();
  }

  async #next(): Promise<void> {
    if (this.#isBusy || this.#isEnded) return;
    this.#isBusy = true;
    this.sentinel.textContent = '加载中…';
    const outcome = await this.#load();
    this.#lastLoadMs = Date.now();
    this.#isBusy = false;
    this.#isEnded = outcome === 'end';
    this.sentinel.textContent = { more: '', empty_more: '', end: '没有更多了', failed: '加载失败，请稍后重试' }[
      outcome
    ];
    if (outcome === 'more') requestAnimationFrame(() => this.#isVisible && void this.#next());
  }
}
