/** One step of the schema. A released step is never edited: a change is another step. */
export type Migration = { readonly version: number; readonly statements: readonly string[] };
