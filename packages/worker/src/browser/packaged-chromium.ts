/**
 * The Chromium that the npm package `@sparticuz/chromium` carries, for machines that have none: a headless shell for Linux on
 * x64. The package unpacks into the shared temporary folder under a plain name and takes whatever stands there already, half
 * a file of a killed process or a file of somebody else; here it is unpacked aside, tried, and moved into place whole.
 */
import { execFile } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** It unpacks 200 MB: seconds on an idle machine. */
const UNPACK_TIMEOUT_MS = 120_000;
/** Telling its version takes it milliseconds. */
const TRY_TIMEOUT_MS = 30_000;
/** The package hands out the NSS libraries that slim images lack only where it believes to run in this environment. */
const WITH_LIBRARIES = { AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' };
const UNPACK = 'const { default: chromium } = await import(process.argv[1]); await chromium.executablePath();';
const SYSTEM_FONTS = '/etc/fonts/fonts.conf';

const run = promisify(execFile);

/**
 * The path of a launcher that starts the packaged browser, unpacked into `parent` at the first use. Processes that ask at
 * the same time get the same one. Throws when this machine cannot run it.
 */
export async function packagedChromium(parent: string = tmpdir()): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(
      'no Chrome or Chromium was found, and the packaged one runs on Linux x64 only; install one, or set CHROMIUM_PATH',
    );
  const folder = join(parent, `hiscrm-chromium-${packageVersion()}-${process.getuid?.() ?? 0}`);
  const launcher = join(folder, 'launch');
  if (isOurs(folder)) return launcher;
  const staging = mkdtempSync(`${folder}-`);
  try {
    await unpack(staging);
    writeFileSync(join(staging, 'launch'), await launcherOf(staging, folder), { mode: 0o700 });
    moveInto(staging, folder);
    return launcher;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** Anybody may make a folder in the temporary one; a browser that sees platform logins is run from our own only. */
function isOurs(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0)
    throw new Error(`${folder} was not made by this program's user; remove it, or set CHROMIUM_PATH`);
  return true;
}

async function unpack(staging: string): Promise<void> {
  const env = { PATH: process.env.PATH, TMPDIR: staging, ...WITH_LIBRARIES };
  const args = ['--input-type=module', '--eval', UNPACK, import.meta.resolve('@sparticuz/chromium')];
  await run(process.execPath, args, { env, timeout: UNPACK_TIMEOUT_MS });
  // Names the folder it stands in, which is another one by the time it is read.
  rmSync(join(staging, 'fonts', 'fonts.conf'), { force: true });
}

/** A script, so that one path is all that anybody has to know, whatever else the browser needs on this machine. */
async function launcherOf(staging: string, folder: string): Promise<string> {
  const exports: string[] = [];
  if (!existsSync(SYSTEM_FONTS)) {
    writeFileSync(join(staging, 'fonts', 'fonts.conf'), fontsConf(folder));
    exports.push(`export FONTCONFIG_PATH='${folder}/fonts'`);
  }
  const program = join(staging, 'chromium');
  if ((await complaintOf(program, process.env)) !== undefined) {
    const complaint = await complaintOf(program, { ...process.env, LD_LIBRARY_PATH: join(staging, 'al2023', 'lib') });
    if (complaint !== undefined)
      throw new Error(`the packaged Chromium does not run here; install one, or set CHROMIUM_PATH: ${complaint}`);
    exports.push(`export LD_LIBRARY_PATH="${folder}/al2023/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"`);
  }
  return ['#!/bin/sh', ...exports, `exec '${folder}/chromium' "$@"`, ''].join('\n');
}

/** What the program said instead of its version; undefined when it runs. */
async function complaintOf(program: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    await run(program, ['--version'], { env, timeout: TRY_TIMEOUT_MS });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 500) : 'unknown';
  }
}

/** Another process may have been faster; its folder is as good. */
function moveInto(staging: string, folder: string): void {
  try {
    renameSync(staging, folder);
  } catch (error) {
    if (!isOurs(folder)) throw error;
  }
}

const fontsConf = (folder: string): string =>
  `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>
`;

function packageVersion(): string {
  const entry = fileURLToPath(import.meta.resolve('@sparticuz/chromium'));
  const { version } = JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8'));
  return String(version);
}
