/** A curve: how many had happened at each moment, as `[ms, count]`. */
export type Curve = readonly (readonly [number, number])[];

/** Counts up the moments, beginning with none at `from`; absent ones did not happen. */
export function curveOf(from: number, moments: readonly (string | null)[]): Curve {
  const times = moments.flatMap((moment) => (moment === null ? [] : [Date.parse(moment)])).sort((a, b) => a - b);
  const points: [number, number][] = [[Math.min(from, times[0] ?? from), 0]];
  for (const [index, at] of times.entries()) {
    const last = points.at(-1);
    if (last && last[0] === at) last[1] = index + 1;
    else points.push([at, index + 1]);
  }
  return points;
}
