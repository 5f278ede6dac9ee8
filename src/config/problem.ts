/** A position in a file; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A problem or a warning of a configuration file. */
export interface Problem extends Place {
  /** Stable name of the rule, such as `unknown_key` or `production_http_issuer`. */
  readonly rule: string;
  /** The key's path in the file, such as `stages[0].quorum`; empty for the file itself. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

/** A path of keys and list indexes. */
export type Path = readonly (string | number)[];

/** All problems of the configuration. */
export class ConfigError extends Error {
  readonly code = 'config_invalid';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super(`${count} in the configuration:\n${problems.map(formatProblem).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** A problem as one line that editors can open: `file:line:column: path: found …; expected …`. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, path, found, expected, rule } = problem;
  const subject = path === '' ? '' : `${path}: `;
  return `${file}:${line}:${column}: ${subject}found ${found}; expected ${expected} [${rule}]`;
}

/** A path as text: `stages[0].where.claim`. */
export function formatPath(path: Path): string {
  return path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`))
    .join('');
}

const SECRET_KEY = /secret|password|privatekey|connectionstring|credential|authorization/i;

/** Of an address, user and password are not shown. */
function withoutUserInfo(text: string): string {
  return text.replace(/(:\/\/)[^/\s]*@/g, '$1…@');
}

/** Sections with addresses of targets, whose paths may carry a secret (an incoming webhook's). */
const TARGET_SECTIONS = new Set<string | number | undefined>(['executors', 'audit']);
/** Also of an address with a broken or no scheme; what is shorter is the width of a network. */
const AFTER_HOST = /^((?:[a-z]*:?\/{1,2})?[^/?#\s]*[/?#]).{4,}$/is;

/** Of the address of a target, only the host is shown. */
function withoutPath(text: string, path: Path): string {
  return TARGET_SECTIONS.has(path[0]) ? text.replace(AFTER_HOST, '$1…') : text;
}

/**
 * A value in a problem: shortened, and never a secret. Of a value that came from a reference, the
 * reference is shown.
 */
export function describeFound(value: unknown, path: Path, reference?: string): string {
  if (reference !== undefined) return `the value of ${reference}`;
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'a block of keys';
  if (SECRET_KEY.test(String(path.at(-1) ?? ''))) return 'a secret (not shown)';
  const text =
    typeof value === 'string'
      ? JSON.stringify(withoutPath(withoutUserInfo(value), path))
      : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
