import type { TSchema } from 'typebox';
import { Check, Errors } from 'typebox/value';
import type { SchemaCheck } from './schema-check.ts';

/**
 * Interprets the schema. A page may not make code of text (its policy forbids it), so that compiling there is work for nothing, and the
 * compiler a twentieth of what is downloaded: the schema of the client's frames takes longer to compile than the screen to draw.
 */
export function schemaCheck(schema: TSchema): SchemaCheck {
  return {
    check: (input) => Check(schema, input),
    errors: (input) => Errors(schema, input),
  };
}
