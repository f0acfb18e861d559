/** What a value's quotes, commas and a short name add. */
const PER_VALUE_BYTES = 4;

/**
 * About how many bytes a value takes as JSON, for size limits where the text itself is not at hand. Stops counting beyond
 * `limitBytes`, so that a huge value costs no more than a large one.
 */
export function jsonWeight(value: unknown, limitBytes: number): number {
  let bytes = 0;
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && bytes <= limitBytes) {
    const next = waiting.pop();
    bytes += PER_VALUE_BYTES;
    if (typeof next === 'string') bytes += Buffer.byteLength(next);
    else if (Array.isArray(next)) for (const item of next) waiting.push(item);
    else if (ArrayBuffer.isView(next)) bytes += next.byteLength;
    else if (typeof next === 'object' && next !== null) {
      // Not its entries: a pair made for every value of a batch is a tenth of all that the batch allocates.
      const values = next as Readonly<Record<string, unknown>>; // only read by its own names
      for (const key of Object.keys(next)) {
        bytes += key.length;
        waiting.push(values[key]);
      }
    } else bytes += 4;
  }
  return bytes;
}
