import type { Page } from 'playwright-core';
import type { Op } from '../../lib/op.ts';

/** A long text is typed faster, so that typing never takes longer than this. */
const TYPING_LIMIT_MS = 20_000;

/** Types with real key events; a line break is Shift+Enter, since Enter sends. */
export async function typeText(op: Op, page: Page, text: string, keyMs: number): Promise<void> {
  const delay = Math.min(keyMs, TYPING_LIMIT_MS / Math.max(1, text.length));
  for (const [index, line] of text.split('\n').entries()) {
    if (index > 0) await op.race(page.keyboard.press('Shift+Enter'));
    await op.race(page.keyboard.type(line, { delay }));
  }
}
