import type { TSchema } from 'typebox';

/** One setting of the Master: its names, its schema, its default, and what it is for. */
export type Setting = {
  readonly env: string;
  /** The command-line name without dashes, for what people change often. */
  readonly flag?: string;
  readonly schema: TSchema;
  readonly default?: string;
  readonly description: string;
  /** Its value is never shown. */
  readonly isSecret?: true;
};
