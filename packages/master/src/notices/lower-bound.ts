/** The index of the first number that is not below `value`, in a list that ascends; the list's length when there is none. */
export function lowerBound(ascending: readonly number[], value: number): number {
  return countBelow(ascending.length, (at) => (ascending[at] ?? 0) < value);
}

/** How many come first that are below, in a row of `length` where those come first. */
export function countBelow(length: number, isBelow: (at: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
