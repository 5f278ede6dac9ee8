import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesUnder, ROOT } from '../conventions/tree.ts';

const pages = [
  ...filesUnder(['docs'], ['.md']),
  ...['README.md', 'CHANGELOG.md'].map((path) => ({
    path,
    text: readFileSync(join(ROOT, path), 'utf8'),
  })),
];
/** Pages about today's code; an ADR keeps the paths of its time. */
const current = pages.filter(({ path }) => !/^docs\/adr\/\d/.test(path) && path !== 'CHANGELOG.md');

/** The anchors of a page: its headings in GitHub's spelling, and `id` attributes. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
  const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id);
  return new Set([...headings, ...ids]);
}

/** Links of a page to a file or heading that does not exist. */
function brokenLinks({ path, text }: { path: string; text: string }): string[] {
  const prose = text.replace(/^```[^]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [file = '', anchor] = target.split('#');
    const full = file === '' ? join(ROOT, path) : join(ROOT, dirname(path), file);
    if (!existsSync(full)) return [`${path}: ${target}`];
    if (anchor === undefined || !full.endsWith('.md')) return [];
    return anchorsOf(readFileSync(full, 'utf8')).has(anchor) ? [] : [`${path}: ${target}`];
  });
}

/** Paths in code marks that do not exist. A path with `…` or `*` is not checked. */
function missingPaths({ path, text }: { path: string; text: string }): string[] {
  return [...text.matchAll(/`((?:src|tests|docs|infra)\/[\w./-]*)`/g)]
    .map(([, named = '']) => named)
    .filter((named) => !existsSync(join(ROOT, named)))
    .map((named) => `${path}: ${named}`);
}

/** The folders of src that the tree of a page lists: its first column, and names with a slash. */
function foldersInTree(text: string): { top: string[]; below: string[] } {
  const [, tree = ''] = /^```\nsrc\/\n([^]*?)^```$/m.exec(text) ?? [];
  const lines = tree.split('\n').map((line) => /^ {2}([\w-]+)\/ +(.*)$/.exec(line) ?? []);
  const listed = lines.flatMap(([, top, rest]) => (top === undefined ? [] : [{ top, rest }]));
  const below = listed.flatMap(({ top, rest = '' }) =>
    [...rest.matchAll(/([\w-]+)\/(?![\w-])/g)].map(([, name = '']) => `${top}/${name}`),
  );
  return { top: listed.map(({ top }) => top), below };
}

function pageAt(path: string): string {
  return pages.find((page) => page.path === path)?.text ?? '';
}

describe('the documents', () => {
  test('have no link to a file or heading that does not exist', () => {
    expect(pages.flatMap(brokenLinks)).toEqual([]);
  });

  test('brokenLinks finds a missing file and a missing heading', () => {
    const text = '[a](nowhere.md) [b](README.md#nothing) [c](README.md) [d](https://x.example/)';
    expect(brokenLinks({ path: 'docs/x.md', text })).toEqual([
      'docs/x.md: nowhere.md',
      'docs/x.md: README.md#nothing',
    ]);
  });

  test('name no path that does not exist', () => {
    expect(current.flatMap(missingPaths)).toEqual([]);
    expect(missingPaths({ path: 'x', text: '`src/nowhere.ts` `src/cli`' })).toEqual([
      'x: src/nowhere.ts',
    ]);
  });
});

describe('docs/CONTRIBUTING.md', () => {
  test('lists ten examples, each with existing files', () => {
    const rows = [...pageAt('docs/CONTRIBUTING.md').matchAll(/^\| (\d+) \| .* \| (.*) \|$/gm)];
    expect(rows.map(([, number]) => Number(number))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const [, , files = ''] of rows) expect(files).toMatch(/`src\/[\w./-]+`/);
  });
});

describe('docs/architecture.md', () => {
  test('lists every folder of src in its tree, and none that does not exist', () => {
    const { top, below } = foldersInTree(pageAt('docs/architecture.md'));
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(top.sort()).toEqual(folders.sort());
    expect(below.filter((path) => !existsSync(join(ROOT, 'src', path)))).toEqual([]);
    expect(below).toContain('store/sqlserver');
  });
});

describe('docs/threat-model.md', () => {
  test('names only tests that exist', () => {
    const text = pageAt('docs/threat-model.md');
    const named = [...text.matchAll(/`((?:unit|e2e|security|store|faults|conventions)\/[\w./-]+)`/g)];
    expect(named.length).toBeGreaterThan(50);
    const missing = named.filter(([, path = '']) => !existsSync(join(ROOT, 'tests', path)));
    expect(missing.map(([, path]) => path)).toEqual([]);
  });
});

describe('docs/adr/README.md', () => {
  test('lists every decision, without a gap in the numbers', () => {
    const text = pageAt('docs/adr/README.md');
    const numbers = [...text.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    const files = pages.map(({ path }) => /^docs\/adr\/(\d{4}-.*)$/.exec(path)?.[1]);
    for (const file of files) if (file !== undefined) expect(text).toContain(`](${file})`);
  });

  test('marks every superseded decision in the decision itself, with a link to what holds', () => {
    const rows = [
      ...pageAt('docs/adr/README.md').matchAll(/^\| \d+ \| \[.*\]\((.*)\) \| (.*) \|$/gm),
    ].filter(([, , status = '']) => /superseded/i.test(status));
    expect(rows.length).toBeGreaterThan(0);
    for (const [, file = ''] of rows) {
      expect(pageAt(`docs/adr/${file}`)).toMatch(/^\*\*Superseded[^]{0,400}\]\(\S+\.md/m);
    }
  });
});

test('each walk of the architecture has at most 18 steps, and every step names its file', () => {
  const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  const [, walks = ''] = /^## Three walks$([^]*?)^## /m.exec(text) ?? [];
  const sections = walks.split(/^### /m).slice(1);
  expect(sections).toHaveLength(3);
  for (const section of sections) {
    const steps = section.match(/^\d+\. .*$/gm) ?? [];
    expect(steps.length).toBeGreaterThan(9);
    expect(steps.length).toBeLessThanOrEqual(18);
    expect(steps.filter((step) => !/^\d+\. `src\/[\w/-]+\.ts` /.test(step))).toEqual([]);
  }
});
