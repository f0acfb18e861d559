/** The process: `node src/main.ts <command>`, of which `start` is the Master. */
import { enableCompileCache } from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** Goes with what it was made of: whoever installs anew begins anew. Where it cannot be written, nothing is kept. */
const COMPILED_DIR = fileURLToPath(new URL('../../../node_modules/.cache/hiscrm-compiled', import.meta.url));

// Half of a start is stripping types and compiling what has not changed since the last one. Node reads the variable for
// the threads and local Workers that this process starts; whoever set it chose another place.
process.env.NODE_COMPILE_CACHE ??= COMPILED_DIR;
enableCompileCache(process.env.NODE_COMPILE_CACHE);

// Not a static import: those are loaded before the first line here is run.
const { runCli } = await import('./cli/run-cli.ts');
process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
