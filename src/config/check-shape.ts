import { z } from 'zod';
import { knownKeys, valueAt } from './known-keys.ts';
import { describeFound, formatPath } from './problem.ts';
import type { Path, Problem } from './problem.ts';
import { nearest, oneOf } from './suggest.ts';
import type { YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

/** Keys of later versions: refused by name, never ignored. */
const NOT_YET: readonly string[] = [
  'auto',
  'timing.remind',
  'timing.escalate',
  'execute.revokeAfter',
];

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a block of keys',
  record: 'a block of keys',
};

/** Checks a source by a schema; gives the parsed value, or every problem with its position. */
export function checkShape<Schema extends z.ZodType>(
  source: YamlSource,
  schema: Schema,
): { readonly value: z.output<Schema> } | { readonly problems: readonly Problem[] } {
  const result = schema.safeParse(source.data);
  if (result.success) return { value: result.data };
  const jsonSchema = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const problems = result.error.issues.flatMap((issue) =>
    problemsOf({ issue, source, jsonSchema, prefix: [] }),
  );
  return { problems };
}

interface Finding {
  readonly issue: Issue;
  readonly source: YamlSource;
  readonly jsonSchema: unknown;
  readonly prefix: Path;
}

function problemsOf(finding: Finding): Problem[] {
  const { issue, source, prefix } = finding;
  const path: Path = [
    ...prefix,
    ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part)),
  ];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(finding, path, key));
  }
  if (issue.code === 'invalid_key') {
    return [
      {
        ...source.atKey(path),
        rule: 'wrong_name',
        path: formatPath(path),
        found: JSON.stringify(path.at(-1)),
        expected: issue.issues.map((inner) => inner.message).join('; ') || 'a name',
      },
    ];
  }
  const value = valueAt(source.data, path);
  if (issue.code === 'invalid_union') {
    const branch = likelyBranch(issue.errors, value);
    if (branch !== undefined) {
      return branch.flatMap((inner) => problemsOf({ ...finding, issue: inner, prefix: path }));
    }
  }
  const missing = value === undefined;
  return [
    {
      ...source.at(path),
      rule: missing ? 'missing' : 'wrong_value',
      path: formatPath(path),
      found: describeFound(value, path, source.references.get(formatPath(path))),
      expected: expectation(issue, value),
    },
  ];
}

function unknownKey(finding: Finding, path: Path, key: string): Problem {
  const { source, jsonSchema } = finding;
  const full = [...path, key];
  const name = formatPath(full);
  const place = { ...source.atKey(full), path: name, found: `the key "${key}"` };
  if (NOT_YET.includes(name)) {
    const expected = `no \`${name}\`: this version does not have it yet`;
    return { ...place, rule: 'not_in_this_version', expected };
  }
  const keys = knownKeys(jsonSchema, path, source.data);
  const meant = nearest(key, keys);
  const list = keys.length > 0 ? `one of the keys ${keys.join(', ')}` : 'no key here';
  return {
    ...place,
    rule: 'unknown_key',
    expected: meant === undefined ? list : `${list} (did you mean "${meant}"?)`,
  };
}

/** The branch of a union that has the outer type of the value, to report its inner problems. */
function likelyBranch(branches: readonly Issue[][], value: unknown): Issue[] | undefined {
  if (value === undefined) return undefined;
  const fitting = branches.filter(
    (issues) => !issues.some((issue) => issue.path.length === 0 && issue.code === 'invalid_type'),
  );
  const structured = typeof value === 'object' && value !== null;
  return fitting.length === 1 && (structured || fitting[0]?.[0]?.code !== 'invalid_value')
    ? fitting[0]
    : undefined;
}

function expectation(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_WORDS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values.map(String), value);
    case 'too_small':
      return `at least ${issue.minimum} ${unit(issue.origin)}`.trim();
    case 'too_big':
      return `at most ${issue.maximum} ${unit(issue.origin)}`.trim();
    case 'invalid_union':
      return unionWords(issue, value);
    default:
      return issue.message;
  }
}

function unionWords(issue: Extract<Issue, { code: 'invalid_union' }>, value: unknown): string {
  if (issue.errors.length === 0) {
    const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
    return options.length > 0 ? oneOf(options.map(String), value) : 'a known kind';
  }
  return [
    ...new Set(
      issue.errors.flatMap((branch) =>
        branch.slice(0, 1).map((inner) => expectation(inner, value)),
      ),
    ),
  ].join(', or ');
}

function unit(origin: string): string {
  if (origin === 'string') return 'characters';
  return origin === 'array' ? 'entries' : '';
}
