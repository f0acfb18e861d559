import { findChromium } from './find-chromium.mjs';

/** Vitest runs this once before the projects that need a browser; their test files read CHROMIUM_PATH and nothing else. */
export function setup() {
  process.env.CHROMIUM_PATH = findChromium(process.execPath).path;
}
