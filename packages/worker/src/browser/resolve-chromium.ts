import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { packagedChromium } from './packaged-chromium.ts';

/** Names under which Google and Linux distributions install it. A distribution's may be a stub that asks for a snap. */
const NAMES: readonly string[] = ['google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser'];
/** Where it stands on systems that put no browser on the path. */
const ELSEWHERE: readonly string[] = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

export type ChromiumChoice = {
  readonly executablePath: string;
  readonly from: 'CHROMIUM_PATH' | 'installed' | 'npm package @sparticuz/chromium';
};

/**
 * The browser to start, for the Worker and for everything that tests: the configured one, an installed Chrome or Chromium,
 * else the one that the npm package carries, which is headless and unpacked at its first use. Throws with what to do when
 * there is none that can be run.
 */
export async function resolveChromium(
  configuredPath: string | undefined,
  searchPath: string = process.env.PATH ?? '',
): Promise<ChromiumChoice> {
  if (configuredPath) {
    if (isProgram(configuredPath)) return { executablePath: configuredPath, from: 'CHROMIUM_PATH' };
    throw new Error(
      `CHROMIUM_PATH names ${configuredPath}, which cannot be run; correct it, or unset it to use an installed browser`,
    );
  }
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '');
  const candidates = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...ELSEWHERE];
  const installed = candidates.find(isProgram);
  if (installed) return { executablePath: installed, from: 'installed' };
  return { executablePath: await packagedChromium(), from: 'npm package @sparticuz/chromium' };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // absent or not executable: the question was only whether
  }
}
