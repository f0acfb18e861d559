import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DOUYIN_BASES } from './douyin/contract.ts';
import { openRegistry } from './registry.ts';

test('[AD1] every folder of a platform is registered under its name, with capabilities as data', () => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  const registry = openRegistry({ douyin: DOUYIN_BASES });
  expect([...registry.keys()].sort()).toEqual(folders.sort());
  for (const [name, adapter] of registry) {
    expect(adapter.platform).toBe(name);
    expect(adapter.capabilities.commentTextLimitChars).toBeGreaterThan(0);
    expect(adapter.capabilities.messageTextLimitChars).toBeGreaterThan(0);
  }
});
