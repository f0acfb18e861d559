/** Samples kept: enough for a 99th percentile. */
const SAMPLE_COUNT = 4_096;

/** The newest durations, for percentiles. */
export class Latencies {
  readonly #samples = new Float64Array(SAMPLE_COUNT);
  #count = 0;

  add(ms: number): void {
    this.#samples[this.#count % SAMPLE_COUNT] = ms;
    this.#count++;
  }

  /** 0 while there are no samples. */
  percentiles(): { readonly p50: number; readonly p95: number; readonly p99: number } {
    const sorted = this.#samples.slice(0, Math.min(this.#count, SAMPLE_COUNT)).sort();
    const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  }
}
