import { accessSync, constants, existsSync } from 'node:fs';

/** Where distributions and vendors put it. */
const INSTALLED_AT: readonly string[] = [
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

export type ChromiumChoice = { readonly executablePath: string; readonly args: readonly string[] };

/**
 * The browser to start: the configured one, an installed Chrome or Chromium, else the one that the npm package
 * `@sparticuz/chromium` carries (headless only). Throws with what to do when the configured one cannot be run.
 */
export async function resolveChromium(configuredPath: string | undefined): Promise<ChromiumChoice> {
  if (configuredPath !== undefined) {
    accessOrThrow(configuredPath);
    return { executablePath: configuredPath, args: [] };
  }
  const installed = INSTALLED_AT.find((path) => existsSync(path));
  if (installed) return { executablePath: installed, args: [] };
  const { default: packaged } = await import('@sparticuz/chromium');
  return {
    executablePath: await packaged.executablePath(),
    args: ['--headless=shell', '--use-gl=angle', '--use-angle=swiftshader'],
  };
}

function accessOrThrow(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new Error(
      `CHROMIUM_PATH names ${path}, which cannot be run; correct it, or unset it to use an installed browser`,
      { cause },
    );
  }
}
