import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { expect, test } from 'vitest';
import { sampleText } from '../testing/samples.ts';
import { OddityBoard, scrubbed } from './oddity-board.ts';

test('[AD9] a sample keeps the shape and nothing that was said', () => {
  for (const name of [
    'comment_list_creator_v2_select_p1.json',
    'notice_list_www.json',
    'bad_truncated.json.txt',
    'message_list_imstore_varied.json',
  ]) {
    const shape = scrubbed(sampleText(name));
    expect(shape).toContain('"');
    expect(shape).not.toMatch(/[\u4e00-\u9fff]/);
    expect(shape).not.toMatch(/\d{6,}/);
    expect(shape).not.toContain('MS4w');
  }
});

test('[AD9] everything is counted, few samples are kept', () => {
  const directory = mkdtempSync(join(tmpdir(), 'oddity-'));
  const clock = new FakeClock();
  const board = new OddityBoard({ directory, clock, onNote: () => undefined });
  for (let turn = 0; turn < 200; turn += 1) {
    board.note(`kind:${turn}`, '{"text":"hello","id":7616182607687205344}');
    board.note('same', '{"text":"hello"}');
    clock.advance(1_000);
  }
  expect(board.counts.get('same')).toBe(200);
  const files = readdirSync(directory);
  expect(files.length).toBeLessThanOrEqual(50);
  expect(readFileSync(join(directory, String(files[0])), 'utf8')).toBe('{"text":"<text 7>","id":<number 19>}');
  rmSync(directory, { recursive: true });
});
