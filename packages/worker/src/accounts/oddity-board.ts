import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { Oddities } from '../platforms/platform-adapter.ts';

/** Samples kept on disk; the oldest go first. */
const SAMPLE_LIMIT_COUNT = 50;
/** Kinds counted; a parser that invents kinds without end must not fill the memory. */
const KIND_LIMIT_COUNT = 500;
/** One kind is sampled at most this often. */
const SAMPLE_EVERY_MS = 10 * 60_000;

/**
 * Counts what was not understood and keeps a few samples of its shape. Samples hold names of fields and kinds of values,
 * never a text, a name or an id.
 */
export class OddityBoard implements Oddities {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #onNote: (kind: string, count: number) => void;
  readonly #counts = new Map<string, number>();
  readonly #sampledAt = new Map<string, number>();

  constructor(options: { directory: string; clock: Clock; onNote: (kind: string, count: number) => void }) {
    this.#directory = options.directory;
    this.#clock = options.clock;
    this.#onNote = options.onNote;
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  note(kind: string, sample?: string): void {
    const key = this.#counts.has(kind) || this.#counts.size < KIND_LIMIT_COUNT ? kind : 'other';
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    this.#onNote(key, count);
    if (sample !== undefined) this.#keep(key, sample);
  }

  #keep(kind: string, sample: string): void {
    const now = this.#clock.now();
    if (now - (this.#sampledAt.get(kind) ?? Number.NEGATIVE_INFINITY) < SAMPLE_EVERY_MS) return;
    this.#sampledAt.set(kind, now);
    const name = `${String(now).padStart(15, '0')}-${kind.replace(/[^\w-]+/g, '_').slice(0, 60)}.txt`;
    writeFileSync(join(this.#directory, name), scrubbed(sample), { mode: 0o600 });
    const files = readdirSync(this.#directory).sort();
    for (const old of files.slice(0, Math.max(0, files.length - SAMPLE_LIMIT_COUNT)))
      rmSync(join(this.#directory, old), { force: true });
  }
}

/** The shape of a text: field names stay, every value becomes its kind and length. */
export function scrubbed(text: string): string {
  return text
    .replace(/"(?:[^"\\]|\\.)*"(\s*:)?/g, (quoted, colon: string | undefined) => {
      const isName = colon !== undefined && /^"[A-Za-z_][\w-]{0,60}"/.test(quoted);
      return isName ? quoted : `"<text ${quoted.length}>"${colon ?? ''}`;
    })
    .replace(/(?<![\w<])-?\d{4,}(?:\.\d+)?(?![\w>])/g, (digits) => `<number ${digits.length}>`)
    .replace(/[^\x20-\x7e\n]+/g, '<other>');
}
