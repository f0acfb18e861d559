import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import { calmHelpers, thisHost } from './helper-threads.ts';

test.runIf(process.platform === 'linux')(
  '[MR6] the collector’s threads give way to the loop, and nobody else does',
  () => {
    const { count } = calmHelpers();
    const threads = thisHost.list();
    const nice = threads.filter(({ no }) => getPriority(no) > getPriority(process.pid));
    expect(nice.length).toBe(count);
    for (const { name } of nice) expect(name).toBe('V8Worker');
  },
);

test('[MR6] where the system shows no threads, or does not let us, all stays as it is', () => {
  const list = () => [
    { no: 1, name: 'MainThread' },
    { no: 2, name: 'V8Worker' },
  ];
  const calmed: number[] = [];
  expect(calmHelpers({ list, makeNice: (no) => calmed.push(no) })).toEqual({ count: 1 });
  expect(calmed).toEqual([2]);
  const refuse = (): never => {
    throw new Error('EACCES');
  };
  expect(calmHelpers({ list, makeNice: refuse })).toEqual({ count: 0, reason: 'EACCES' });
  expect(calmHelpers({ list: refuse, makeNice: () => undefined })).toEqual({ count: 0, reason: 'EACCES' });
});
