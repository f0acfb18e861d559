import type { Static, TSchema } from 'typebox';
import { schemaCheck } from '#schema-check';

/** Either the value, now typed, or the first thing that is wrong with it, for a person. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** Prepares a schema once. The parser never throws and never changes the value. */
export function parserOf<S extends TSchema>(schema: S): (input: unknown) => Parsed<Static<S>> {
  const { check, errors } = schemaCheck(schema);
  return (input) => {
    if (check(input)) return { ok: true, value: input as Static<S> }; // just checked
    const [first] = errors(input);
    const where = first?.instancePath ? first.instancePath : 'it';
    return { ok: false, reason: `${where} ${first?.message ?? 'does not fit'}`.slice(0, 300) };
  };
}

/** Parses JSON text, then checks it. */
export function textParserOf<S extends TSchema>(schema: S): (text: string) => Parsed<Static<S>> {
  const parse = parserOf(schema);
  return (text) => {
    try {
      return parse(JSON.parse(text));
    } catch (error) {
      return { ok: false, reason: `not JSON: ${error instanceof Error ? error.message : String(error)}`.slice(0, 300) };
    }
  };
}
