import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** From a tenth of a millisecond to ten seconds: what a request, a commit or a delay may take. */
const DURATION_BUCKETS_S = [0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export type FigureOptions = {
  /** With its unit, without the `hiscrm_` in front. */
  readonly name: string;
  readonly help: string;
  /** Asked at every scrape. */
  readonly read: () => number;
};
export type FigureOfOptions = Omit<FigureOptions, 'read'> & {
  /** What the figures are told apart by. */
  readonly label: string;
  /** Asked at every scrape; what is not named any more is gone from the text. */
  readonly read: () => readonly (readonly [name: string, value: number])[];
};
export type BufferOptions = {
  readonly name: string;
  readonly unit: 'bytes' | 'chars' | 'count' | 'records' | 'rows';
  readonly limit: number;
  readonly read: () => number;
};

/** The process's figures in Prometheus' text. Rooms are not imported: they hand in functions that answer figures. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #buffers: BufferOptions[] = [];

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    this.#addBufferFigures();
  }

  /** A figure that goes up and down. */
  gauge({ name, help, read }: FigureOptions): void {
    new Gauge({
      name: `hiscrm_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** A figure of each of several things, for instance of each Worker. */
  gaugeOf({ name, help, label, read }: FigureOfOptions): void {
    new Gauge({
      name: `hiscrm_${name}`,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [which, value] of read()) this.set({ [label]: which }, value);
      },
    });
  }

  /** A figure that only grows while the process lives. */
  counter({ name, help, read }: FigureOptions): void {
    new Counter({
      name: `hiscrm_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  /** Takes durations in ms; shown in seconds, as Prometheus wants them. */
  histogram(name: string, help: string): (durationMs: number) => void {
    const histogram = new Histogram({
      name: `hiscrm_${name}_seconds`,
      help,
      buckets: DURATION_BUCKETS_S,
      registers: [this.#registry],
    });
    return (durationMs) => histogram.observe(durationMs / 1_000);
  }

  /** A buffer with its limit (P9). */
  buffer(options: BufferOptions): void {
    this.#buffers.push(options);
  }

  /** Prometheus text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #addBufferFigures(): void {
    const labelNames = ['buffer', 'unit'];
    const registers = [this.#registry];
    const buffers = this.#buffers;
    new Gauge({
      name: 'hiscrm_buffer_used',
      help: 'What a buffer holds.',
      labelNames,
      registers,
      collect() {
        for (const { name, unit, read } of buffers) this.set({ buffer: name, unit }, read());
      },
    });
    new Gauge({
      name: 'hiscrm_buffer_limit',
      help: 'What a buffer may hold at most.',
      labelNames,
      registers,
      collect() {
        for (const { name, unit, limit } of buffers) this.set({ buffer: name, unit }, limit);
      },
    });
  }
}
