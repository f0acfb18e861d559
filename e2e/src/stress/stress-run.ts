/** What a stress run is given and what it tells. The same function serves the short version among the tests. */
export type StressOptions = {
  readonly seed: number;
  readonly rounds: number;
  readonly say: (line: string) => void;
};

/** Figures of a run that ended well; a fault throws. */
export type StressResult = Readonly<Record<string, number | string>>;

export type Stress = (options: StressOptions) => Promise<StressResult>;

/** Shown of a long list of faults. */
const SHOWN_COUNT = 5;

/** Throws with the first of them when there are any. */
export function expectNone(what: string, faults: readonly string[]): void {
  if (faults.length === 0) return;
  const shown = faults.slice(0, SHOWN_COUNT).map((fault) => `\n  ${fault.slice(0, 1_000)}`);
  throw new Error(`${what}: ${faults.length} faults${shown.join('')}`);
}
