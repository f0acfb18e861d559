import type { Seq } from '@hiscrm/shared/model/ids.ts';
import { expect, test } from 'vitest';
import type { NoticeLink } from './notice-link.ts';
import { forgetGivenUp, givenUpTo, newSeat, noteGivenUp } from './seat.ts';

const seq = (n: number): Seq => n as Seq;

function aSeat(place: { readonly from: number; readonly sentUpTo: number }) {
  const seat = newSeat({ id: 'c' } as NoticeLink, undefined); // only kept
  seat.isStarted = true;
  seat.startedFrom = seq(place.from);
  seat.sentUpTo = seq(place.sentUpTo);
  return seat;
}

test('[NO62] what was given up counts for a connection that had been sent it, and for no other', () => {
  const seat = aSeat({ from: 10, sentUpTo: 20 });
  for (const place of [0, 10, 11, 20, 21]) noteGivenUp(seat, place * 100, seq(place));
  expect(givenUpTo(seat, seq(15))).toEqual([1_100]);
  expect(givenUpTo(seat, seq(15))).toEqual([1_100]);
  forgetGivenUp(seat, [1_100]);
  expect(givenUpTo(seat, seq(15))).toEqual([]);
  expect(givenUpTo(seat, seq(99))).toEqual([2_000]);
  const unstarted = newSeat({ id: 'd' } as NoticeLink, undefined); // only kept
  noteGivenUp(unstarted, 1, seq(1));
  expect(givenUpTo(unstarted, seq(99))).toEqual([]);
});

test('[NO62] of very many that were given up the newest are remembered', () => {
  const seat = aSeat({ from: 0, sentUpTo: 1_000 });
  for (let place = 1; place <= 250; place++) noteGivenUp(seat, place, seq(place));
  const recordNos = givenUpTo(seat, seq(1_000));
  expect(recordNos).toHaveLength(100);
  expect([recordNos[0], recordNos.at(-1)]).toEqual([151, 250]);
});
