import { SetupError } from './ensure-installed.mjs';

/**
 * The frame of every script: `--help` prints its text and nothing else happens, a SetupError is shown as text,
 * anything else with its stack, and the exit code is what the script answers.
 *
 * @param {string} help
 * @param {(args: string[]) => Promise<number>} run
 */
export async function main(help, run) {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    console.log(help.trim());
    return;
  }
  try {
    process.exitCode = await run(args);
  } catch (error) {
    console.error(error instanceof SetupError ? `\nHisCRM-IM: ${error.message}` : error);
    process.exitCode = 1;
  }
}
