#!/usr/bin/env node
/** Runs the CLI on Node 24: on this one when it is new enough, else on the one that is pinned as an npm package. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const RUNTIME_NODE = 24;
const entry = new URL('../src/main.ts', import.meta.url);
const name = process.platform === 'win32' ? 'node.exe' : 'node';
const pinned = fileURLToPath(new URL(`../../../node_modules/node/bin/${name}`, import.meta.url));

if (Number.parseInt(process.versions.node, 10) >= RUNTIME_NODE) {
  await import(entry.href);
} else if (existsSync(pinned)) {
  const child = spawn(pinned, [fileURLToPath(entry), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both; this one only waits for the other.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', (error) => {
    console.error(`hiscrm: ${pinned} could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
} else {
  console.error(`hiscrm: Node ${RUNTIME_NODE} is needed and this is ${process.versions.node}. Run: npm ci`);
  process.exitCode = 1;
}
