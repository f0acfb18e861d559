import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { ClientUp } from '@hiscrm/shared/protocol/client-link.ts';
import { expect, test } from 'vitest';
import { ShownReporter } from './shown-reporter.ts';

function setUp(protocol: number) {
  const clock = new FakeClock();
  const sent: ClientUp[] = [];
  const reporter = new ShownReporter({ clock, send: (frame) => sent.push(frame) });
  reporter.welcomed(protocol);
  const draw = (upTo: number): void => reporter.drawn(upTo as Seq);
  return { clock, sent, reporter, draw };
}

test('the first drawing is told at once, then the newest once a second with how long ago it was', () => {
  const { clock, sent, draw } = setUp(2);
  draw(5);
  clock.advance(100);
  draw(6);
  clock.advance(200);
  draw(8);
  draw(7);
  expect(sent).toEqual([{ type: 'shown', upTo: 5, agoMs: 0 }]);
  clock.advance(700);
  expect(sent.slice(1)).toEqual([{ type: 'shown', upTo: 8, agoMs: 700 }]);
  clock.advance(5_000);
  draw(8);
  clock.advance(5_000);
  expect(sent).toHaveLength(2);
});

test('an older server is told nothing; a new connection is told again', () => {
  const { clock, sent, reporter, draw } = setUp(1);
  draw(5);
  clock.advance(5_000);
  expect(sent).toEqual([]);
  reporter.welcomed(2);
  draw(5);
  clock.advance(5_000);
  reporter.welcomed(2);
  draw(5);
  expect(sent).toEqual([5, 5].map((upTo) => ({ type: 'shown', upTo, agoMs: 0 })));
});

test('after the close nothing is told', () => {
  const { clock, sent, reporter, draw } = setUp(2);
  draw(5);
  draw(6);
  reporter.close();
  reporter.close();
  draw(7);
  clock.advance(5_000);
  expect(sent).toHaveLength(1);
});
