/** FNV-1a, 64 bit: enough to notice a change, and the same in every engine. */
const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;

/**
 * A short text that changes when what the schemas accept changes: fields, bounds, patterns, alternatives. The order of keys
 * and descriptions do not count.
 */
export function shapeHash(...schemas: readonly object[]): string {
  let hash = OFFSET;
  for (const byte of new TextEncoder().encode(JSON.stringify(schemas.map(inOrder)))) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME);
  }
  return hash.toString(16).padStart(16, '0');
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'description' && key !== 'title');
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, inOrder(inner)]));
}
