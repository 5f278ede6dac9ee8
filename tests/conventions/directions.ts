import { posix } from 'node:path';
import { importsOf } from './tree.ts';
import type { File } from './tree.ts';

/** Parts that touch the outside; none may know of another. */
const ADAPTERS = [
  'store',
  'identity',
  'directory',
  'keys',
  'cards',
  'teams',
  'http',
  'web',
  'executors',
  'audit',
  'workers',
  'telemetry',
];
/** What several parts that touch the outside work with. */
const BELOW = ['config', 'net'];
const INNER = ['lib', 'domain'];
const USE_CASES = [...INNER, 'usecases'];
/** Parts that need neither the configuration nor the way out. */
const SELF_CONTAINED = ['cards', 'keys', 'audit', 'workers', 'telemetry'];
/** Parts that show cards and take what is pressed on them. */
const SURFACES = ['teams', 'web'];
/** Parts that people read, and configuration problems, which quote refusals. */
const READ = ['cards', 'teams', 'http', 'web', 'identity'];
/** What each part may import of the others, besides itself. `main`: files of src itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  domain: ['lib'],
  usecases: INNER,
  interactions: USE_CASES,
  text: INNER,
  config: [...INNER, 'text'],
  net: ['lib'],
  ...Object.fromEntries(
    ADAPTERS.map((name) => [
      name,
      [
        ...USE_CASES,
        ...(SELF_CONTAINED.includes(name) ? [] : BELOW),
        ...(READ.includes(name) ? ['text'] : []),
        ...(SURFACES.includes(name) ? ['interactions'] : []),
      ],
    ]),
  ),
  compose: [...USE_CASES, ...BELOW, 'text', ...ADAPTERS],
  cli: [...USE_CASES, ...BELOW, 'text', ...ADAPTERS, 'compose', 'local'],
  local: [...USE_CASES, ...BELOW, 'text', ...ADAPTERS, 'compose'],
  main: [...INNER, 'config', 'compose', 'cli'],
};

/** Which part may import a vendor's package; `*` at the end stands for any rest of a name. */
const FENCES: readonly (readonly [vendor: string, parts: readonly string[]])[] = [
  ['botbuilder*', ['teams']],
  ['botframework-*', ['teams']],
  ['adaptivecards-templating', ['cards']],
  ['adaptive-expressions', ['cards']],
  ['restify*', ['http']],
  ['mssql*', ['store/sqlserver']],
  ['tedious*', ['store/sqlserver']],
  ['node:sqlite', ['store/sqlite']],
  ['@azure/*', ['identity', 'directory']],
  ['jose*', ['identity', 'keys', 'audit', 'executors', 'local']],
  ['openid-client*', ['identity', 'web', 'local']],
  ['oidc-provider*', ['local']],
  ['standardwebhooks', ['net', 'local']],
  ['node:http*', ['http', 'local', 'net']],
  ['undici*', ['net']],
  ['ipaddr.js', ['net']],
  ['@commander-js/*', ['cli']],
  ['fflate', ['cli']],
  ['canonicalize', ['lib']],
  ['lru-cache', ['lib']],
  ['re2js', ['lib']],
  ['pino', ['telemetry']],
  ['yaml', ['config', 'cli', 'local']],
  ['zod*', ['config', 'compose', 'executors', 'http', 'identity', 'local']],
];
/** Parts without any package: the rules and the data flow. What they need stands in lib. */
const WITHOUT_PACKAGES = ['domain', 'usecases', 'interactions'];
/** All that lib may import: packages that do no I/O and bring no packages along. */
const LEAF_PACKAGES = ['canonicalize', 'lru-cache', 're2js'];
/** Modules of Node that pure code may not touch either. */
const PURE = ['domain', 'usecases', 'interactions'];

/** Only these lead into src/local, and only when they are run. */
const LOCAL_DOORS = ['src/cli/local.ts', 'src/cli/demo.ts'];

/** The part of src that a path is in: its folder's name; for a file of src itself `main`. */
export function partOf(path: string): string {
  const [, first = '', ...rest] = path.split('/');
  return rest.length > 0 ? first : 'main';
}

/** Every import of a file that goes the wrong way, as sentences. */
export function wrongImports(file: File): string[] {
  const part = partOf(file.path);
  const allowed = MAY_IMPORT[part];
  if (allowed === undefined) return [`${file.path}: src/${part} has no place in the tree`];
  return importsOf(file).flatMap((name) => {
    const problem = name.startsWith('.')
      ? wrongRelative(file.path, name, [part, ...allowed])
      : wrongPackage(file.path, name);
    return problem === undefined ? [] : [`${file.path}: ${problem}`];
  });
}

function wrongRelative(from: string, name: string, allowed: readonly string[]): string | undefined {
  const target = posix.join(posix.dirname(from), name);
  if (target === 'package.json') return undefined;
  if (!target.startsWith('src/')) return `${name} is outside of src`;
  const part = partOf(target);
  if (!allowed.includes(part)) return `src/${partOf(from)} may not import src/${part} (${name})`;
  const door = part === 'local' && partOf(from) !== 'local';
  if (door && !LOCAL_DOORS.includes(from)) return 'src/local is never loaded in production';
  return undefined;
}

function wrongPackage(from: string, name: string): string | undefined {
  const part = partOf(from);
  const fence = FENCES.find(([vendor]) => matches(vendor, name));
  if (fence !== undefined && !fence[1].some((place) => from.startsWith(`src/${place}/`))) {
    return `${name} belongs to src/${fence[1].join(', src/')} alone`;
  }
  if (name.startsWith('node:')) {
    return PURE.includes(part) ? `src/${part} is pure and may not import ${name}` : undefined;
  }
  const barred =
    WITHOUT_PACKAGES.includes(part) || (part === 'lib' && !LEAF_PACKAGES.includes(name));
  return barred ? `src/${part} may not import ${name}` : undefined;
}

function matches(vendor: string, name: string): boolean {
  if (vendor.endsWith('*')) return name.startsWith(vendor.slice(0, -1));
  return name === vendor || name.startsWith(`${vendor}/`);
}
