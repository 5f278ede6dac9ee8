import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/compose/load-config.ts';
import { machineFiles } from '../../src/config/files.ts';
import { loadWorkflow } from '../../src/config/load-workflow.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { isJsonObject } from '../../src/lib/strict-json.ts';
import { readPeople } from '../../src/local/own/people-file.ts';
import { ROOT } from '../conventions/tree.ts';
import { allBlocks, blocksOf, firstLine } from './code-blocks.ts';
import type { CodeBlock } from './code-blocks.ts';
import { runnables } from './run-blocks.ts';

const blocks = allBlocks();
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Blocks that nothing checks, each with the reason. */
const list = JSON.parse(read('tests/docs/not-runnable.json')) as {
  page: string;
  begins: string;
  reason: string;
}[];

const EXAMPLE_CONFIG = 'docs/examples/countersign.yaml';
const EXAMPLE_WORKFLOW = 'docs/examples/workflows/deploy-production.yaml';
const keysOf = (text: string) => Object.keys(sectionsOf(text) ?? {});
const CONFIG_KEYS = Object.keys(
  (JSON.parse(read('docs/reference/countersign.schema.json')) as { properties: object }).properties,
);
const WORKFLOW_KEYS = Object.keys(
  (JSON.parse(read('docs/reference/workflow.schema.json')) as { properties: object }).properties,
);

/** The top-level sections of a YAML text; undefined where it is no single map. */
function sectionsOf(text: string): Record<string, unknown> | undefined {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents) || documents.length !== 1) return undefined;
  const value: unknown = documents[0]?.errors.length === 0 ? documents[0].toJS() : undefined;
  return isJsonObject(value) ? value : undefined;
}

type Kind = 'workflow' | 'configuration' | 'people' | 'json' | 'runnable' | 'other';

function kindOf({ language, runnable, code }: CodeBlock): Kind {
  if (runnable) return 'runnable';
  if (language === 'json') return 'json';
  if (language !== 'yaml') return 'other';
  const keys = keysOf(code);
  if (keys.length === 0) return 'other';
  if (keys.join() === 'people') return 'people';
  if (keys.every((key) => WORKFLOW_KEYS.includes(key))) return 'workflow';
  return keys.every((key) => CONFIG_KEYS.includes(key)) ? 'configuration' : 'other';
}

/** A page's sections in place of the example's of the same name, each at its end. */
function completed(text: string, example: string): string {
  const replaced = keysOf(text);
  const kept = read(example)
    .split(/^(?=\w+:)/m)
    .filter((part) => !replaced.some((key) => part.startsWith(`${key}:`)));
  return `${kept.join('')}\n${text}\n`;
}

/** The shape rules of the configuration: what a fragment alone can break. */
const OF_SHAPE = ['yaml_syntax', 'yaml_form', 'unknown_key', 'wrong_value', 'wrong_name'];

/** A value of the right form for any variable that a page names. */
function valueOf(name: string): string | undefined {
  if (name === 'PORT' || /^no_proxy$/i.test(name)) return undefined;
  if (/WEBHOOK/.test(name)) return `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  if (/proxy$/i.test(name)) return undefined;
  return 'x'.repeat(48);
}

function configProblems(code: string): string[] {
  const path = join(ROOT, EXAMPLE_CONFIG);
  const text = completed(code, EXAMPLE_CONFIG);
  try {
    loadConfig({
      path,
      env: new Proxy({}, { get: (_, name) => valueOf(String(name)) }),
      profile: 'production',
      files: {
        ...machineFiles,
        readFile: (file) => (file === path ? text : 'x'.repeat(48)),
      },
    });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems
      .filter(({ rule, file }) => OF_SHAPE.includes(rule) && file === path)
      .map(({ path: key, found, expected }) => `${key}: ${found}; ${expected}`);
  }
}

const named = (kind: Kind): [string, CodeBlock][] =>
  blocks
    .filter((block) => kindOf(block) === kind)
    .map((block) => [`${block.page}:${block.line}`, block]);

const listed = (block: CodeBlock) =>
  list.filter(({ page, begins }) => page === block.page && begins === firstLine(block));

describe('the code blocks of README.md and docs', () => {
  test('are marked as runnable, checked by a loader, or listed with the reason', () => {
    const missing = blocks
      .filter((block) => kindOf(block) === 'other' && listed(block).length === 0)
      .map((block) => ({ page: block.page, begins: firstLine(block), reason: '' }));
    expect(missing).toEqual([]);
  });

  test('the list names only blocks that exist, once and with a reason', () => {
    const wrong = list.filter(
      (entry) =>
        entry.reason.length < 10 ||
        !blocks.some((block) => kindOf(block) !== 'runnable' && listed(block).includes(entry)) ||
        list.filter((one) => one.page === entry.page && one.begins === entry.begins).length > 1,
    );
    expect(wrong).toEqual([]);
  });

  test.each(named('workflow'))('the workflow at %s is one that loads', (_place, block) => {
    if (listed(block).length > 0) return;
    const { problems } = loadWorkflow('page', completed(block.code, EXAMPLE_WORKFLOW));
    expect(problems.map(({ path, found, expected }) => `${path}: ${found}; ${expected}`)).toEqual([]);
  });

  test.each(named('configuration'))('the configuration at %s has its form', (_place, block) => {
    if (listed(block).length > 0) return;
    expect(configProblems(block.code)).toEqual([]);
  });

  test.each(named('people'))('the file of people at %s can be read', (_place, block) => {
    const path = join(tmpdir(), `countersign-people-${process.pid}.yaml`);
    writeFileSync(path, block.code);
    expect(readPeople(path).length).toBeGreaterThan(0);
    rmSync(path);
  });

  test.each(named('json'))('the JSON at %s parses', (_place, block) => {
    if (listed(block).length > 0) return;
    expect(() => JSON.parse(block.code) as unknown).not.toThrow();
  });

  test('every block that is marked as runnable belongs to a run', () => {
    const marked = blocks.filter(({ runnable }) => runnable);
    expect(marked.length).toBeGreaterThanOrEqual(2);
    expect(marked.map(({ page }) => page).filter((page) => !(page in runnables))).toEqual([]);
  });

  test.each(Object.keys(runnables))(
    'the runnable blocks of %s run',
    async (page) => {
      const own = blocks.filter((block) => block.runnable && block.page === page);
      expect(own.length).toBeGreaterThan(0);
      await runnables[page]?.(own.map(({ code }) => code));
    },
    110_000,
  );

  test('a fence in a list, with marks, and without an end', () => {
    const text = 'a\n   ```sh runnable\n   x \\\n     y\n   ```\n';
    expect(blocksOf({ path: 'p', text })).toEqual([
      { page: 'p', line: 2, language: 'sh', runnable: true, code: 'x \\\n  y' },
    ]);
    expect(() => blocksOf({ path: 'p', text: '```\nx' })).toThrow('p:1');
  });

  test('a wrong key, value and field of a block are found', () => {
    expect(configProblems('store: { kind: sqlite, path: x, speed: 9 }')).toEqual([
      expect.stringContaining('speed'),
    ]);
    const wrong = completed('timing: { expire: soon }', EXAMPLE_WORKFLOW);
    expect(loadWorkflow('page', wrong).problems.length).toBeGreaterThan(0);
  });
});
