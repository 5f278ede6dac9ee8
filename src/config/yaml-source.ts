import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Node, Pair } from 'yaml';
import { formatPath } from './problem.ts';
import type { Path, Place, Problem } from './problem.ts';

const MAX_FILE_CHARS = 1_048_576;
const MAX_DEPTH = 32;

/** A YAML file as plain data, with the position of each key and value. */
export interface YamlSource {
  readonly file: string;
  readonly data: unknown;
  /** Formatted paths whose value came from `${env:…}` or `${file:…}` → the reference. */
  readonly references: ReadonlyMap<string, string>;
  /** The position of the value at a path; of the nearest ancestor when there is none. */
  at(path: Path): Place;
  /** The position of the key. */
  atKey(path: Path): Place;
}

/** Replaces the references in one text, or says what was found and expected. */
export type Substitute = (
  text: string,
) =>
  | { readonly text: string; readonly replaced: boolean }
  | { readonly found: string; readonly expected: string };

interface Marks {
  readonly value: number;
  readonly key: number;
}

/**
 * Reads one YAML 1.2 document (core schema, no aliases, no tags, no repeated keys).
 * Gives the source and the problems of its syntax.
 */
export function readYaml(options: { file: string; text: string; substitute: Substitute }): {
  source: YamlSource;
  problems: readonly Problem[];
} {
  const { file, substitute } = options;
  const tooLong = options.text.length > MAX_FILE_CHARS;
  const lines = new LineCounter();
  const document = parseDocument(tooLong ? '' : options.text, {
    lineCounter: lines,
    version: '1.2',
    schema: 'core',
    strict: true,
    uniqueKeys: true,
    stringKeys: true,
    prettyErrors: false,
    merge: false,
    resolveKnownTags: false,
  });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: Problem[] = [...document.errors, ...document.warnings].map((error) => ({
    ...place(error.pos[0]),
    rule: 'yaml_syntax',
    path: '',
    found: error.message,
    expected: 'one YAML 1.2 document without tags or repeated keys',
  }));
  if (tooLong) {
    problems.push({
      ...place(0),
      rule: 'file_too_large',
      path: '',
      found: `${options.text.length} characters`,
      expected: `at most ${MAX_FILE_CHARS}`,
    });
  }
  const { data, marks, references } = readNodes(document.contents, {
    substitute,
    refuse: (offset, path, { rule = 'yaml_form', ...words }) =>
      void problems.push({ ...place(offset), rule, path: formatPath(path), ...words }),
  });
  const find = (path: Path): Marks => {
    for (let length = path.length; length >= 0; length -= 1) {
      const found = marks.get(formatPath(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return { value: 0, key: 0 };
  };
  const source: YamlSource = {
    file,
    data,
    references,
    at: (path) => place(find(path).value),
    atKey: (path) => place(find(path).key),
  };
  return { source, problems };
}

/** Converts nodes to data, keeps positions, and replaces references. */
function readNodes(
  contents: unknown,
  given: {
    readonly substitute: Substitute;
    readonly refuse: (
      offset: number,
      path: Path,
      words: { rule?: string; found: string; expected: string },
    ) => undefined;
  },
) {
  const { substitute, refuse } = given;
  const marks = new Map<string, Marks>();
  const references = new Map<string, string>();
  const convert = (node: unknown, path: Path, keyOffset: number): unknown => {
    const offset = (node as Node | null)?.range?.[0] ?? keyOffset;
    marks.set(formatPath(path), { value: offset, key: keyOffset });
    if (path.length > MAX_DEPTH) {
      const expected = `at most ${MAX_DEPTH} levels`;
      return refuse(offset, path, { found: 'a block nested too deeply', expected });
    }
    if (isMap(node)) {
      const entries = node.items.map((pair: Pair) => {
        const key = isScalar(pair.key) ? String(pair.key.value) : '';
        const at = (pair.key as Node | null)?.range?.[0] ?? offset;
        return [key, convert(pair.value, [...path, key], at)] as const;
      });
      return Object.fromEntries(entries);
    }
    if (isSeq(node))
      return node.items.map((item, index) => convert(item, [...path, index], offset));
    if (isAlias(node)) {
      const expected = 'the value written out (anchors are not allowed)';
      return refuse(offset, path, { found: 'an alias', expected });
    }
    if (!isScalar(node)) return null;
    if (typeof node.value !== 'string') return node.value;
    const result = substitute(node.value);
    if ('found' in result) return refuse(offset, path, { rule: 'reference_missing', ...result });
    if (result.replaced) references.set(formatPath(path), node.value);
    return result.text;
  };
  return { data: convert(contents, [], 0), marks, references };
}
