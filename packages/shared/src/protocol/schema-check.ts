import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

type SchemaError = { readonly instancePath: string; readonly message: string };

/** How values are held to a schema. */
export type SchemaCheck = {
  readonly check: (input: unknown) => boolean;
  readonly errors: (input: unknown) => readonly SchemaError[];
};

/** Compiles the schema. Node's; a page's is `schema-check.page.ts`, which `package.json` names to bundlers. */
export function schemaCheck(schema: TSchema): SchemaCheck {
  const validator = Compile(schema);
  return {
    check: (input) => validator.Check(input),
    errors: (input) => validator.Errors(input),
  };
}
