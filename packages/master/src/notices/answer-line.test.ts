import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Deferred, deferred } from '@hiscrm/shared/lib/deferred.ts';
import { expect, test } from 'vitest';
import { AnswerLine } from './answer-line.ts';

/** Answers that note when they are given. */
function makeAnswers(count: number): { readonly answers: readonly Deferred<void>[]; readonly given: number[] } {
  const given: number[] = [];
  const answers = Array.from({ length: count }, (_, index) => {
    const answer = deferred<void>();
    void answer.promise.then(() => given.push(index));
    return answer;
  });
  return { answers, given };
}

test('[NO60] one answer is given at once, many in the turns that follow, in their order', async () => {
  const line = new AnswerLine();
  const alone = makeAnswers(1);
  line.push(alone.answers);
  await alone.answers[0]?.promise;
  const { answers, given } = makeAnswers(8);
  line.push(answers);
  const counts: number[] = [];
  while (given.length < answers.length) {
    await nextTurn();
    counts.push(given.length);
  }
  expect(counts[0]).toBeLessThan(answers.length / 2);
  expect(given).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('[NO60] closing answers everybody that waits', async () => {
  const line = new AnswerLine();
  const { answers, given } = makeAnswers(5);
  line.push(answers);
  line.flush();
  line.flush();
  await Promise.all(answers.map(({ promise }) => promise));
  expect(given).toEqual([0, 1, 2, 3, 4]);
});
