/** Longer than any id or name. */
const FIELD_LIMIT_CHARS = 300;

/** A request's payload when it is an object; else one without fields. */
export const fieldsOf = (payload: unknown): Readonly<Record<string, unknown>> =>
  typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {}; // any object may be read by name

/** An id or another short text; numbers are taken as text, as the deployed system compares them loosely. */
export function textField(fields: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' && value.length > 0 && value.length <= FIELD_LIMIT_CHARS ? value : undefined;
}
