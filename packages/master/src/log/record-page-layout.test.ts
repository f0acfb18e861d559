import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  emptyBody,
  emptyHeads,
  packBody,
  packHeads,
  packRuns,
  RECORDS_PER_PAGE,
  unpackBody,
  unpackHeads,
  unpackRuns,
} from './record-page-layout.ts';

test('[NO55] a page read back has the numbers that were written, however full it is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: RECORDS_PER_PAGE }), fc.integer({ min: 1 }), (count, seed) => {
      const heads = emptyHeads();
      const body = emptyBody();
      for (let at = 0; at < count; at++) {
        heads.userNos[at] = seed + at;
        heads.flags[at] = at % 128;
        body.receivedAt[at] = 1.7e12 + at;
        body.updatedAt[at] = 1.8e12 + seed;
        body.devices[at] = seed % 4e9;
        body.retries[at] = at % 256;
      }
      // As SQLite gives it: somewhere in a larger buffer.
      const shifted = (bytes: Uint8Array): Uint8Array => new Uint8Array([7, ...bytes]).subarray(1);
      expect(unpackHeads(shifted(packHeads(heads, count)), count)).toEqual(heads);
      expect(unpackBody(shifted(packBody(body, count)), count)).toEqual(body);
      const runs = [{ noticeNo: seed, place: seed + 1, at: 1.7e12, count }];
      expect(unpackRuns(shifted(packRuns(runs)))).toEqual(runs);
    }),
    { numRuns: 50 },
  );
});

test('[NO55] bytes of another number of records are refused', () => {
  expect(() => unpackHeads(packHeads(emptyHeads(), 3), 4)).toThrow('a page of 4 receive records');
});
