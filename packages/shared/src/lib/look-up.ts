/**
 * What a table holds for a word that came from outside. Undefined for words that every object knows (`constructor`,
 * `__proto__`) but the table does not hold, and for what is no text.
 */
export function lookUp<T>(table: Readonly<Record<string, T>>, word: unknown): T | undefined {
  return typeof word === 'string' && Object.hasOwn(table, word) ? table[word] : undefined;
}
