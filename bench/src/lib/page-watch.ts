import type { Screen } from '@hiscrm/e2e/screen.ts';

type Page = Screen['page'];

/** When each part of the client stood on the screen, in ms from the beginning of the navigation. NaN: it never did. */
export type Shown = {
  readonly firstPaintMs: number;
  readonly accountsMs: number;
  readonly topicsMs: number;
  readonly messagesMs: number;
};

/** Looks once a frame, so that what is found has been laid out; in the page, because a question from outside costs more. */
const WATCH = `
  const seen = {};
  const look = () => {
    for (const [name, selector] of [['accounts', '[data-account]'], ['topics', '[data-topic]'], ['messages', '[data-item]']])
      if (!(name in seen) && document.querySelector(selector)) seen[name] = performance.now();
    requestAnimationFrame(look);
  };
  window.__shown = seen;
  requestAnimationFrame(look);
`;

/** Watches every navigation of the page from here on. */
export async function watchPage(page: Page): Promise<void> {
  await page.addInitScript(WATCH);
}

/** What was seen since the last navigation. */
export async function readShown(page: Page): Promise<Shown> {
  const text = await page.evaluate(`JSON.stringify({
    ...window.__shown,
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  })`);
  const seen = JSON.parse(String(text)) as Readonly<Record<string, number | undefined>>; // written just above
  const at = (name: string): number => seen[name] ?? Number.NaN;
  return { firstPaintMs: at('paint'), accountsMs: at('accounts'), topicsMs: at('topics'), messagesMs: at('messages') };
}

/** Bytes that the page has been sent since: HTTP as it was on the wire, and the text of WebSocket frames. */
export async function countBytes(page: Page): Promise<() => { readonly http: number; readonly socket: number }> {
  const bytes = { http: 0, socket: 0 };
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('Network.enable');
  devTools.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes.http += encodedDataLength;
  });
  devTools.on('Network.webSocketFrameReceived', ({ response }) => {
    bytes.socket += Buffer.byteLength(response.payloadData);
  });
  return () => ({ ...bytes });
}

/** How the page felt while something moved: the time between frames, and frames whose list was empty. */
export type Frames = { readonly gapsMs: Float64Array; readonly blankCount: number };

/** Measures the frames of the page while `during` runs; `selector` names the list that must not be empty. */
export async function measureFrames(page: Page, selector: string, during: () => Promise<void>): Promise<Frames> {
  await page.evaluate(`
    const frames = { gaps: [], blank: 0, isOver: false };
    window.__frames = frames;
    let last = performance.now();
    const tick = () => {
      const now = performance.now();
      frames.gaps.push(now - last);
      last = now;
      const list = document.querySelector(${JSON.stringify(selector)});
      const box = list?.getBoundingClientRect();
      const middle = box && document.elementFromPoint(box.left + box.width / 3, box.top + box.height / 2);
      if (!middle?.closest('.virtual-row')) frames.blank += 1;
      if (!frames.isOver) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  `);
  await during();
  const text = await page.evaluate('window.__frames.isOver = true, JSON.stringify(window.__frames)');
  const { gaps, blank } = JSON.parse(String(text)) as { readonly gaps: readonly number[]; readonly blank: number }; // as above
  return { gapsMs: Float64Array.from(gaps), blankCount: blank };
}
