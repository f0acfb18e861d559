/** The QR login: shows the platform's code to a person and watches what the page says. Never types a password or a code. */
import { wait } from '@hiscrm/shared/lib/clock.ts';
import type { Page } from 'playwright-core';
import type { Op } from '../../lib/op.ts';
import type { LoginEnd } from '../platform-adapter.ts';
import { PAGES, SELECTORS, WORDS } from './contract.ts';
import type { Desk } from './desk.ts';

/** How long a code is believed to live; unverified, the page's own word decides. */
const CODE_LIFE_MS = 150_000;
/** Codes shown before a person has to ask again. */
const REFRESH_LIMIT_COUNT = 3;
/** Between two looks at the login page. */
const LOOK_MS = 500;
/** A code larger than this is no code. */
const IMAGE_LIMIT_CHARS = 60_000;

export type ShownCode = { image: string; expiresAt: number };

/** Ends when the page moves into the creator centre; who logged in is checked by the caller. */
export async function showCodes(
  op: Op,
  desk: Desk,
  show: (code: ShownCode) => void,
): Promise<LoginEnd | { kind: 'entered' }> {
  const page = await desk.tab(op, 'crawl');
  await desk.visit(op, page, desk.creator(PAGES.creatorRoot));
  let shown = '';
  let refreshCount = 0;
  for (;;) {
    if (isInside(desk, page)) return { kind: 'entered' };
    const text = await textOf(op, page);
    if (text === undefined) return { kind: 'entered' };
    if (WORDS.humanCheck.test(text)) return { kind: 'challenge', detail: 'the login asks for a second check' };
    const isOver = await isExpired(op, page);
    if (isOver && refreshCount >= REFRESH_LIMIT_COUNT) return { kind: 'expired' };
    if (isOver) {
      refreshCount += 1;
      await op.race(
        page
          .getByText(WORDS.qrRefresh)
          .first()
          .click({ timeout: op.leftMs(desk.env.pacing.patienceMs) }),
      );
    }
    const image = isOver ? undefined : await codeOn(op, page);
    if (image !== undefined && image !== shown) {
      shown = image;
      show({ image, expiresAt: desk.env.clock.now() + CODE_LIFE_MS });
    }
    await wait(desk.env.clock, LOOK_MS, op.signal);
  }
}

const isInside = (desk: Desk, page: Page): boolean => {
  const url = new URL(page.url());
  return url.origin === new URL(desk.bases.creator).origin && url.pathname.startsWith(PAGES.loggedInPrefix);
};

/** The page's visible text; undefined while it navigates. */
async function textOf(op: Op, page: Page): Promise<string | undefined> {
  const reading = page.locator('body').innerText({ timeout: 1_000 });
  try {
    return await op.race(reading);
  } catch (error) {
    op.signal.throwIfAborted();
    op.note(`the login page could not be read: ${error instanceof Error ? error.name : 'unknown'}`);
    return isNavigating(page) ? undefined : '';
  }
}

const isNavigating = (page: Page): boolean => new URL(page.url()).pathname.startsWith(PAGES.loggedInPrefix);

async function isExpired(op: Op, page: Page): Promise<boolean> {
  const over = page.getByText(WORDS.qrRefresh).first();
  return op.race(over.isVisible());
}

/** The code as a data URL. One that is an address elsewhere is taken as a picture of the screen. */
async function codeOn(op: Op, page: Page): Promise<string | undefined> {
  const image = page.locator(SELECTORS.qrImage).first();
  if (!(await op.race(image.isVisible()))) return undefined;
  const source = await op.race(image.getAttribute('src', { timeout: 1_000 }));
  if (source?.startsWith('data:image/')) return source.length <= IMAGE_LIMIT_CHARS ? source : undefined;
  if (!source) return undefined;
  const picture = await op.race(image.screenshot({ timeout: 2_000 }));
  return `data:image/png;base64,${picture.toString('base64')}`;
}
