import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { silentLogger } from '../lib/logger.ts';
import { type Master, startMaster } from './start-master.ts';

const PAGE = fileURLToPath(new URL('../../../../docs/operations.md', import.meta.url));

let dataDir: string;
let master: Master;
let text: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'hiscrm-figures-'));
  const env = {
    HISCRM_DATA_DIR: dataDir,
    HISCRM_LOCAL_WORKERS: '0',
    PORT: '0',
    HISCRM_ADMIN_PASSWORD: 'correct horse',
  };
  master = await startMaster({ config: readConfig(env), logger: silentLogger });
  await master.run({ name: 'addAccount', params: { platform: 'douyin', name: 'shop' }, key: 'first-account' });
  text = await (await fetch(`${master.url}/metrics`)).text();
});
afterAll(async () => {
  await master?.close();
  rmSync(dataDir, { recursive: true });
});

/** First cells of a table of the page, without their backticks. */
function namesIn(table: 'figures' | 'buffers'): string[] {
  const page = readFileSync(PAGE, 'utf8');
  const body = page.split(`<!-- ${table} -->`)[1]?.split('<!-- /')[0] ?? '';
  return [...body.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name ?? '').sort();
}
const bufferNames = (figure: string): string[] =>
  [...text.matchAll(new RegExp(`^hiscrm_buffer_${figure}\\{buffer="(\\w+)"`, 'gm'))]
    .map(([, name]) => name ?? '')
    .sort();

test('docs/operations.md lists every figure, and none that is not there', () => {
  const shown = [...text.matchAll(/^# HELP hiscrm_(\w+)/gm)].map(([, name]) => name ?? '').sort();
  expect(namesIn('figures')).toEqual(shown);
});

test('docs/operations.md lists every buffer; each has a limit above zero and is within it', () => {
  expect(namesIn('buffers')).toEqual(bufferNames('limit'));
  expect(bufferNames('used')).toEqual(bufferNames('limit'));
  for (const name of bufferNames('limit')) {
    const figure = (which: string): number =>
      Number(new RegExp(`^hiscrm_buffer_${which}\\{buffer="${name}",unit="\\w+"\\} (\\S+)$`, 'm').exec(text)?.[1]);
    expect(figure('limit'), name).toBeGreaterThan(0);
    expect(figure('used'), name).toBeLessThanOrEqual(figure('limit'));
  }
});

test('commits and rows are measured', () => {
  const figure = (name: string): number => Number(new RegExp(`^hiscrm_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  expect(figure('commit_seconds_count')).toBeGreaterThan(0);
  expect(figure('rows_total')).toBe(master.store.head());
  expect(figure('log_seq')).toBe(master.store.head());
  expect(figure('commits_under_way')).toBe(0);
});
