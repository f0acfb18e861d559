import { StringDecoder } from 'node:string_decoder';

/** What a page shows of a process's output, and more. */
export const OUTPUT_LIMIT_LINES = 1_000;
/** A longer line is cut: no log line of ours comes near. */
export const LINE_LIMIT_CHARS = 4_000;

/** The newest lines of a stream of bytes. Older ones are forgotten. */
export class LineRing {
  readonly #decoder = new StringDecoder('utf8');
  #lines: string[] = [];
  #open = '';

  push(chunk: Buffer): void {
    const parts = (this.#open + this.#decoder.write(chunk)).split('\n');
    this.#open = (parts.pop() ?? '').slice(0, LINE_LIMIT_CHARS);
    for (const line of parts) this.#lines.push(line.slice(0, LINE_LIMIT_CHARS));
    if (this.#lines.length > OUTPUT_LIMIT_LINES) this.#lines = this.#lines.slice(-OUTPUT_LIMIT_LINES);
  }

  /** Oldest first. */
  last(count: number): readonly string[] {
    return count <= 0 ? [] : this.#lines.slice(-count);
  }
}
