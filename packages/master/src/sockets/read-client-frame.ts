import {
  type ClientUp,
  clientUpSchema,
  helloSchema,
  pingSchema,
  shownSchema,
} from '@hiscrm/shared/protocol/client-link.ts';
import { COMMANDS } from '@hiscrm/shared/protocol/commands.ts';
import { QUERIES } from '@hiscrm/shared/protocol/queries.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import type { TSchema } from 'typebox';

const parseUp = parserOf(clientUpSchema);
/** Parsers of single shapes: only asked for the reason, when the union has refused. */
const shapes = new Map<string, (input: unknown) => { ok: boolean; reason?: string }>([
  ['hello', parserOf(helloSchema)],
  ['ping', parserOf(pingSchema)],
  ['shown', parserOf(shownSchema)],
  ...shapesOf('query', QUERIES),
  ...shapesOf('command', COMMANDS),
]);

function shapesOf(
  type: string,
  family: Readonly<Record<string, { readonly params: TSchema }>>,
): [string, (input: unknown) => { ok: boolean; reason?: string }][] {
  return Object.entries(family).map(([name, { params }]) => {
    const parse = parserOf(params);
    return [`${type}:${name}`, (input) => parse(isObject(input) ? input.params : undefined)];
  });
}

/** A frame, or why it is none, with the request's id where one can be made out. */
export type ReadFrame =
  | { readonly ok: true; readonly frame: ClientUp }
  | { readonly ok: false; readonly id: number | undefined; readonly reason: string };

/** Reads what a client sent. Never throws. */
export function readClientFrame(text: string): ReadFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, id: undefined, reason: 'not JSON' }; // the engine's own words quote the text
  }
  const parsed = parseUp(value);
  if (parsed.ok) return { ok: true, frame: parsed.value };
  return { ok: false, id: idOf(value), reason: reasonOf(value) ?? parsed.reason };
}

/** The id of a request that is refused unread; undefined where none can be made out. Never throws. */
export function idInText(text: string): number | undefined {
  try {
    return idOf(JSON.parse(text));
  } catch {
    return undefined; // not JSON: nobody waits for an answer to it
  }
}

function reasonOf(value: unknown): string | undefined {
  if (!isObject(value)) return 'it must be an object';
  const { type, name } = value;
  if (type !== 'query' && type !== 'command') {
    const shape = typeof type === 'string' ? shapes.get(type) : undefined;
    return shape ? shape(value).reason : '/type must be hello, query, command, ping or shown';
  }
  const shape = typeof name === 'string' ? shapes.get(`${type}:${name}`) : undefined;
  if (!shape) return `/name is no ${type}`;
  const inParams = shape(value).reason;
  if (inParams !== undefined) return `/params ${inParams}`;
  return type === 'command' ? '/id or /key does not fit' : '/id does not fit';
}

function idOf(value: unknown): number | undefined {
  if (!isObject(value) || !Number.isSafeInteger(value.id)) return undefined;
  const id = Number(value.id);
  return id >= 1 ? id : undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
