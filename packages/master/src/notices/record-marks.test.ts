import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecordMarks } from './record-marks.ts';

test('marks are shown in their order from either end, until it is enough', () => {
  fc.assert(
    fc.property(
      fc.nat(1_000),
      fc.array(fc.nat(299)),
      fc.boolean(),
      fc.integer({ min: 1, max: 20 }),
      (from, offsets, isDescending, limitCount) => {
        const marks = new RecordMarks(from, from + 300);
        const recordNos = [...new Set(offsets.map((offset) => from + offset))].sort((a, b) => a - b);
        for (const offset of offsets) marks.mark(from + offset);
        const shown: number[] = [];
        marks.each(isDescending, (recordNo) => shown.push(recordNo) < limitCount);
        expect(shown).toEqual((isDescending ? recordNos.toReversed() : recordNos).slice(0, limitCount));
        for (let no = from - 40; no < from + 400; no++) expect(marks.has(no)).toBe(recordNos.includes(no));
      },
    ),
  );
});
