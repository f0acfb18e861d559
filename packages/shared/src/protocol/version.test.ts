import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TSchema } from 'typebox';
import { expect, test } from 'vitest';
import { must } from '../lib/must.ts';
import { clientDownSchema, clientUpSchema, sentRowSchema } from './client-link.ts';
import { COMMANDS } from './commands.ts';
import { QUERIES } from './queries.ts';
import { shapeHash } from './shape-hash.ts';
import { parserOf } from './validate.ts';
import { CLIENT_PROTOCOL, CLIENT_PROTOCOL_FLOOR, WORKER_PROTOCOL, WORKER_PROTOCOL_FLOOR } from './version.ts';
import {
  changesAnswerSchema,
  plainAnswerSchema,
  registerAnswerSchema,
  WORKER_MESSAGE,
  workerDownSchema,
  workerUpSchema,
} from './worker-link.ts';

const SAMPLES = join(import.meta.dirname, 'samples');
/** Which schema reads the samples of a folder. */
const FAMILIES: Readonly<Record<string, TSchema>> = {
  'client-up': clientUpSchema,
  'client-down': clientDownSchema,
  'worker-up': workerUpSchema,
  'worker-down': workerDownSchema,
  'register-answer': registerAnswerSchema,
  'changes-answer': changesAnswerSchema,
  'plain-answer': plainAnswerSchema,
};

type Sample = { readonly version: string; readonly family: string; readonly name: string; readonly value: unknown };

const samples: readonly Sample[] = readdirSync(SAMPLES).flatMap((version) =>
  readdirSync(join(SAMPLES, version)).flatMap((family) =>
    readdirSync(join(SAMPLES, version, family)).map((file) => {
      const value: unknown = JSON.parse(readFileSync(join(SAMPLES, version, family, file), 'utf8'));
      return { version, family, name: file.replace('.json', ''), value };
    }),
  ),
);
const good = samples.filter(({ name }) => !name.startsWith('bad-'));
const bad = samples.filter(({ name }) => name.startsWith('bad-'));

/**
 * A changed hash means a changed protocol. An optional field may be added under the same number once `floor` peers were seen
 * to accept it; anything else takes the next number, with its line of history in `version.ts` and its own samples.
 */
test('[PV1] the shape of each link belongs to its version', () => {
  expect({
    version: CLIENT_PROTOCOL,
    floor: CLIENT_PROTOCOL_FLOOR,
    hash: shapeHash(clientUpSchema, clientDownSchema),
  }).toEqual({
    version: 2,
    floor: 1,
    hash: '82721f37be547237',
  });
  const answers = [registerAnswerSchema, changesAnswerSchema, plainAnswerSchema];
  expect({
    version: WORKER_PROTOCOL,
    floor: WORKER_PROTOCOL_FLOOR,
    hash: shapeHash(workerUpSchema, workerDownSchema, ...answers),
  }).toEqual({ version: 2, floor: 1, hash: '08b3c278a601c87b' });
});

test('[PV2] the hash sees fields, bounds and alternatives, not the order of keys', () => {
  const shape = { type: 'object', properties: { a: { type: 'string', maxLength: 3 } } };
  expect(shapeHash({ properties: shape.properties, type: 'object', description: 'x' })).toBe(shapeHash(shape));
  expect(shapeHash({ ...shape, properties: { a: { type: 'string', maxLength: 4 } } })).not.toBe(shapeHash(shape));
});

test.each(good)('[PV3] $version $family/$name is understood', ({ family, value }) => {
  expect(parserOf(must(FAMILIES[family], family))(value)).toMatchObject({ ok: true });
});

test.each(bad)('[PV4] $version $family/$name is refused', ({ family, value }) => {
  expect(parserOf(must(FAMILIES[family], family))(value)).toMatchObject({ ok: false });
});

test('[PV5] every frame, query, command and change has a sample of the present version', () => {
  const text = (family: string): string =>
    good
      .filter((sample) => sample.version === `v${presentOf(family)}` && sample.family === family)
      .map(({ value }) => JSON.stringify(value))
      .join('\n');
  for (const type of ['hello', 'ping', 'shown']) expect(text('client-up')).toContain(`"type":"${type}"`);
  for (const name of [...Object.keys(QUERIES), ...Object.keys(COMMANDS)])
    expect(text('client-up')).toContain(`"name":"${name}"`);
  for (const type of literalsOf(clientDownSchema, 'type')) expect(text('client-down')).toContain(`"type":"${type}"`);
  for (const kind of literalsOf(sentRowSchema.properties.change, 'kind'))
    expect(text('client-down')).toContain(`"kind":"${kind}"`);
  for (const type of Object.values(WORKER_MESSAGE)) {
    expect(`${text('worker-up')}\n${text('worker-down')}`).toContain(`"type":"${type}"`);
  }
});

const presentOf = (family: string): number => (family.startsWith('client-') ? CLIENT_PROTOCOL : WORKER_PROTOCOL);

/** The values of the field that tells a union's members apart. */
function literalsOf(schema: object, field: string): readonly string[] {
  const members = 'anyOf' in schema && Array.isArray(schema.anyOf) ? schema.anyOf : [];
  return members.map((member) => String(member.properties[field].const));
}
