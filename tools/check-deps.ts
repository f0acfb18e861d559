/**
 * Holds every import against `deps.config.ts`: static, type-only, re-exported, dynamic and `import('…')` types. Also that an
 * import names its extension, that a package declares what it imports, and that SQL stays in its rooms.
 */
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import * as rules from '../deps.config.ts';
import {
  type AstNode,
  type Finding,
  isTest,
  listFiles,
  ROOT,
  readSource,
  report,
  type Source,
  stringOf,
  walk,
} from './lib/source.ts';

export type Rules = typeof rules;
/** Where an import leads: into our own tree, or to a package or built-in module. */
type Target = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'package'; readonly name: string };
type Import = { readonly specifier: string; readonly line: number };

const SQL =
  /^\s*(?:SELECT\s[\s\S]*\sFROM\s|INSERT\s+(?:OR\s+\w+\s+)?INTO\s|REPLACE\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|(?:CREATE|ALTER|DROP)\s+(?:UNIQUE\s+|TEMP\s+|VIRTUAL\s+)?(?:TABLE|INDEX|VIEW|TRIGGER)\s|PRAGMA\s+\w|WITH\s+\w+\s+AS\s*\()/;

/** The package of a file of ours (`master`, `bench`), or undefined for tools, scripts and configuration. */
export function packageOf(path: string): string | undefined {
  const match = /^(?:packages\/([^/]+)\/src|(bench|e2e))\//.exec(path);
  return match?.[1] ?? match?.[2];
}

/** The room of a file, as `deps.config.ts` names rooms. */
export function roomOf(path: string, { wholePackages, roomsInside }: Rules = rules): string | undefined {
  const name = packageOf(path);
  if (name === undefined || wholePackages.includes(name)) return name;
  const parts = path.split('/').slice(3);
  const room = `${name}/${(parts[0] ?? '').replace(/(\.(test|browser|contract))*\.\w+$/, '')}`;
  return roomsInside.includes(room) && parts.length > 2 ? `${room}/${parts[1]}` : room;
}

/** Everything a file imports, in the order of the tree. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  walk(source.program, (node) => {
    const specifier = stringOf(specifierNode(node));
    if (specifier !== undefined) found.push({ specifier, line: source.lineOf(node.start) });
  });
  return found;
}

function specifierNode(node: AstNode): unknown {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return node.source ?? node.argument;
    default:
      return undefined;
  }
}

/** The file or package that a specifier names, seen from the file that holds it. */
export function targetOf(from: string, specifier: string): Target {
  if (specifier.startsWith('.')) return { kind: 'file', path: posix.join(posix.dirname(from), specifier) };
  const own = /^@hiscrm\/([^/]+)\/(.+)$/.exec(specifier);
  if (own) return { kind: 'file', path: `packages/${own[1]}/src/${own[2]}` };
  if (isBuiltin(specifier))
    return { kind: 'package', name: specifier.startsWith('node:') ? specifier : `node:${specifier}` };
  return { kind: 'package', name: specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/') };
}

/** Whether a list of names from the configuration covers a room: the room itself, its whole package, or `room/*`. */
function covers(names: readonly string[], room: string): boolean {
  return names.some((name) => {
    if (name === room) return true;
    if (name.endsWith('/*')) return room.startsWith(name.slice(0, -1));
    return !name.includes('/') && room.startsWith(`${name}/`);
  });
}

/** What is wrong with one import, or undefined. `declared`: the packages in the file's package.json. */
export function judge(
  from: string,
  specifier: string,
  declared: ReadonlySet<string>,
  config: Rules = rules,
): string | undefined {
  const target = targetOf(from, specifier);
  return target.kind === 'file'
    ? judgeFile(from, specifier, target.path, config)
    : judgePackage(from, target.name, declared, config);
}

function judgeFile(from: string, specifier: string, to: string, config: Rules): string | undefined {
  if (!/\.\w+$/.test(to)) return `imports '${specifier}' without its extension`;
  const room = roomOf(from, config);
  const other = roomOf(to, config);
  const home = packageOf(from);
  if (room === undefined || room === other) return undefined;
  if (isTest(to) && !isTest(from)) return `'${specifier}' is a test; code must not import it`;
  if (other === undefined)
    return to === 'package.json' || /^packages\/[^/]+\/package\.json$/.test(to)
      ? undefined
      : `'${specifier}' leads out of the packages`;
  if (specifier.startsWith('.') && packageOf(to) !== home)
    return `'${specifier}' reaches into another package; import it by name: @hiscrm/${packageOf(to)}/…`;
  if (isTest(from) && (packageOf(to) === home || covers(config.testsMayAlsoImport, other))) return undefined;
  const allowed = ruleFor(room, config);
  if (allowed === undefined) return `is in ${room}, a room that deps.config.ts does not know`;
  return covers(allowed, other)
    ? undefined
    : `${room} must not import ${other} ('${specifier}'); it may import: ${allowed.join(', ') || 'nothing'}`;
}

function ruleFor(room: string, { mayImport }: Rules): readonly string[] | undefined {
  return mayImport[room] ?? mayImport[room.replace(/[^/]+$/, '*')];
}

function judgePackage(from: string, name: string, declared: ReadonlySet<string>, config: Rules): string | undefined {
  const room = roomOf(from, config);
  const home = packageOf(from);
  if (room === undefined || home === undefined) return undefined;
  const places = isTest(from) ? [room, `${home}#test`] : [room];
  const owners = config.onlyIn[name];
  const spared = isTest(from) && (owners?.some((owner) => owner.startsWith(`${home}/`)) ?? false);
  if (owners && !spared && !places.some((place) => covers(owners, place)))
    return `${room} must not import ${name}; only ${owners.join(', ')} may`;
  if (name.startsWith('node:'))
    return config.noNodeModules.includes(home) && !isTest(from)
      ? `${home} runs in a browser and must not import ${name}`
      : undefined;
  return declared.has(name) ? undefined : `${name} is not in the package.json of ${home}`;
}

/** Names of all packages that the package.json files beside and above a file declare, and the package's own `#` names. */
function declaredFor(path: string, cache: Map<string, ReadonlySet<string>>): ReadonlySet<string> {
  const home = packageOf(path) ?? '';
  const folder = path.startsWith('packages/') ? `packages/${home}` : home;
  const known = cache.get(folder);
  if (known) return known;
  const own = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
  const base = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const names = new Set(
    Object.keys({ ...own.dependencies, ...own.devDependencies, ...own.imports, ...base.devDependencies }),
  );
  cache.set(folder, names);
  return names;
}

/** Lines with an SQL statement outside the rooms that own tables. */
export function sqlIn(source: Source, config: Rules = rules): Finding[] {
  const room = roomOf(source.path, config);
  if (room === undefined || isTest(source.path) || covers(config.sqlOnlyIn, room)) return [];
  const found: Finding[] = [];
  walk(source.program, (node) => {
    const text = stringOf(node);
    if (text === undefined || !SQL.test(text)) return;
    found.push({
      path: source.path,
      line: source.lineOf(node.start),
      text: `SQL in ${room}; only ${config.sqlOnlyIn.join(', ')} hold statements`,
    });
  });
  return found;
}

if (import.meta.main) {
  const cache = new Map<string, ReadonlySet<string>>();
  const paths = listFiles(ROOT, ['packages', 'bench', 'e2e'], /\.(ts|tsx|mts)$/).filter(
    (path) => packageOf(path) !== undefined,
  );
  const findings = paths.flatMap((path) => {
    const source = readSource(ROOT, path);
    const wrong = importsOf(source).flatMap(({ specifier, line }) => {
      const text = judge(path, specifier, declaredFor(path, cache));
      return text === undefined ? [] : [{ path, line, text }];
    });
    return [...wrong, ...sqlIn(source)];
  });
  report('check-deps', findings, `${paths.length} files`);
}
