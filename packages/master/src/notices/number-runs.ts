/**
 * Ascending numbers as runs of those that follow each other: `[first, how many, first, how many, …]`. Everybody is two numbers
 * instead of ten thousand.
 */

export function runsOf(ascending: readonly number[]): number[] {
  const runs: number[] = [];
  let first = 0;
  let count = 0;
  for (const number of ascending) {
    if (count > 0 && number === first + count) {
      count++;
      continue;
    }
    if (count > 0) runs.push(first, count);
    first = number;
    count = 1;
  }
  if (count > 0) runs.push(first, count);
  return runs;
}

export function numbersOf(runs: readonly number[]): Uint32Array<ArrayBuffer> {
  let length = 0;
  for (let at = 1; at < runs.length; at += 2) length += runs[at] ?? 0;
  const numbers = new Uint32Array(length);
  let index = 0;
  for (let at = 0; at < runs.length; at += 2) {
    const first = runs[at] ?? 0;
    const end = first + (runs[at + 1] ?? 0);
    for (let number = first; number < end; number++) numbers[index++] = number;
  }
  return numbers;
}
