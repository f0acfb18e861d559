/**
 * Whether an account can be read and answered right now: the one state that Worker, Master and screens share.
 * `challenge` means that the platform wants a human check; the machine stops and calls a person.
 */
import Type from 'typebox';
import { timeMsSchema } from './ids.ts';

const strict = { additionalProperties: false } as const;
const detail = Type.Optional(Type.String({ maxLength: 500 }));

export const sessionSchema = Type.Union([
  Type.Object({ kind: Type.Literal('unassigned'), since: timeMsSchema }, strict),
  Type.Object({ kind: Type.Literal('starting'), since: timeMsSchema }, strict),
  /** `detail`: what of the account cannot be read or answered as it should, though it is on line. */
  Type.Object({ kind: Type.Literal('online'), since: timeMsSchema, detail }, strict),
  Type.Object({ kind: Type.Literal('loginRequired'), since: timeMsSchema, detail }, strict),
  Type.Object(
    {
      kind: Type.Literal('awaitingScan'),
      since: timeMsSchema,
      /** A data URL of the platform's QR code, shown to the operator as it is. */
      qrImage: Type.String({ maxLength: 60_000, pattern: '^data:image/' }),
      expiresAt: timeMsSchema,
    },
    strict,
  ),
  Type.Object({ kind: Type.Literal('challenge'), since: timeMsSchema, detail }, strict),
  Type.Object({ kind: Type.Literal('backingOff'), since: timeMsSchema, retryAt: timeMsSchema, detail }, strict),
  Type.Object({ kind: Type.Literal('paused'), since: timeMsSchema }, strict),
]);
export type Session = Type.Static<typeof sessionSchema>;
