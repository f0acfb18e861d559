/**
 * Writes the frame tables of `docs/protocol.md` from the schemas that validate the frames, between the markers that name a
 * table. `node tools/protocol-docs.ts` rewrites the page; `tools/protocol-docs.test.ts` fails while it is not current.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientDownSchema, clientUpSchema, sentRowSchema } from '../packages/shared/src/protocol/client-link.ts';
import { CLOSE, mayReconnect } from '../packages/shared/src/protocol/close-codes.ts';
import { COMMAND_ROLE, COMMANDS } from '../packages/shared/src/protocol/commands.ts';
import { QUERIES } from '../packages/shared/src/protocol/queries.ts';
import { workerDownSchema, workerUpSchema } from '../packages/shared/src/protocol/worker-link.ts';

type Json = { readonly [key: string]: unknown };
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isJson) : []);

/** Deeper objects are named by what they hold, not spelled out. */
const DEPTH_LIMIT = 2;

/** A schema as one would say it: `text ≤ 2000`, `"hello"`, `{epoch, seq}`. */
export function shapeText(schema: unknown, depth = 0): string {
  if (!isJson(schema)) return 'any';
  if ('const' in schema) return `"${schema.const}"`;
  const members = listOf(schema.anyOf);
  if (members.length > 0) return unionText(members, depth);
  switch (schema.type) {
    case 'string':
      return `text${bound(schema.maxLength)}`;
    case 'integer':
      return 'int';
    case 'array':
      return `[${shapeText(schema.items, depth + 1)}]${bound(schema.maxItems)}`;
    case 'object':
      return objectText(schema, depth);
    case undefined:
      return 'any';
    default:
      return String(schema.type);
  }
}

const bound = (limit: unknown): string => (limit === undefined ? '' : ` ≤ ${limit}`);

function unionText(members: readonly Json[], depth: number): string {
  if (members.length > 6) return `one of ${members.length}`;
  return members.map((member) => shapeText(member, depth + 1)).join(' or ');
}

function objectText(schema: Json, depth: number): string {
  if (!isJson(schema.properties)) return 'map';
  const fields = fieldsOf(schema);
  if (depth >= DEPTH_LIMIT) return `{${fields.map(({ name }) => name).join(', ')}}`;
  return `{${fields.map(({ name, schema: inner }) => `${name}: ${shapeText(inner, depth + 1)}`).join(', ')}}`;
}

function fieldsOf(schema: Json): readonly { readonly name: string; readonly schema: unknown }[] {
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  return Object.entries(isJson(schema.properties) ? schema.properties : {}).map(([name, inner]) => ({
    name: required.has(name) ? name : `${name}?`,
    schema: inner,
  }));
}

/** One row for each member of a union, told apart by `tag`; `skip` leaves out what every member has. */
function unionTable(schema: unknown, tag: string, skip: readonly string[] = []): string {
  const rows = flatMembers(schema).map((member) => {
    const properties = isJson(member.properties) ? member.properties : {};
    const shown = fieldsOf(member).filter(({ name }) => name !== tag && !skip.includes(name.replace('?', '')));
    const cells = shown.map(({ name, schema: inner }) => `\`${name}\` ${shapeText(inner)}`);
    return row(`\`${isJson(properties[tag]) ? properties[tag].const : '?'}\``, cells.join('; ') || '–');
  });
  return [row(tag, 'fields'), row('---', '---'), ...rows].join('\n');
}

function flatMembers(schema: unknown): readonly Json[] {
  const members = isJson(schema) ? listOf(schema.anyOf) : [];
  return members.length === 0 && isJson(schema) ? [schema] : members.flatMap(flatMembers);
}

const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

function paramsTable(family: Readonly<Record<string, { readonly params: unknown }>>, roles?: Json): string {
  const head = ['name', ...(roles ? ['least role'] : []), 'params'];
  const rows = Object.entries(family).map(([name, { params }]) =>
    row(`\`${name}\``, ...(roles ? [String(roles[name])] : []), shapeText(params)),
  );
  return [row(...head), row(...head.map(() => '---')), ...rows].join('\n');
}

function closeTable(): string {
  const rows = Object.entries(CLOSE).map(([name, code]) => row(`${code}`, name, mayReconnect(code) ? 'yes' : 'no'));
  return [row('code', 'name', 'connect again by itself'), row('---', '---', '---'), ...rows].join('\n');
}

/** Every table by its name in the page. */
export function tables(): Readonly<Record<string, string>> {
  const single = flatMembers(clientUpSchema).filter(({ properties }) => isJson(properties) && !('name' in properties));
  return {
    'client-up': unionTable({ anyOf: single }, 'type'),
    queries: paramsTable(QUERIES),
    commands: paramsTable(COMMANDS, COMMAND_ROLE),
    'client-down': unionTable(clientDownSchema, 'type'),
    'close-codes': closeTable(),
    'worker-up': unionTable(workerUpSchema, 'type', ['version', 'timestamp', 'requestId']),
    'worker-down': unionTable(workerDownSchema, 'type', ['version', 'timestamp', 'requestId']),
    changes: unionTable(sentRowSchema.properties.change, 'kind'),
  };
}

/** The page with every table made anew. Throws when a marker names no table or a table has no marker. */
export function withTables(page: string, made: Readonly<Record<string, string>>): string {
  const left = new Set(Object.keys(made));
  const text = page.replace(/<!-- table:([\w-]+) -->[\s\S]*?<!-- \/table -->/g, (_all, name: string) => {
    const table = made[name];
    if (table === undefined) throw new Error(`docs/protocol.md names an unknown table: ${name}`);
    left.delete(name);
    return `<!-- table:${name} -->\n${table}\n<!-- /table -->`;
  });
  if (left.size > 0) throw new Error(`docs/protocol.md lacks the tables: ${[...left].join(', ')}`);
  return text;
}

export const PAGE = join(import.meta.dirname, '../docs/protocol.md');

if (import.meta.main) writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8'), tables()));
