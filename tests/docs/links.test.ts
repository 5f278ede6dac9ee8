import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesUnder, ROOT } from '../conventions/tree.ts';

const pages = [
  ...filesUnder(['docs'], ['.md']),
  ...['README.md', 'CHANGELOG.md'].map((path) => ({
    path,
    text: readFileSync(join(ROOT, path), 'utf8'),
  })),
];
/** Pages about the code of today; a decision keeps the paths of its day. */
const current = pages.filter(({ path }) => !/^docs\/adr\/\d/.test(path) && path !== 'CHANGELOG.md');

/** The anchors of a page: its headings as GitHub spells them, and `id` attributes. */
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

/** Links of a page that lead nowhere. */
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

/** Paths in code marks that are not there. `…` and `*` stand for any name. */
function missingPaths({ path, text }: { path: string; text: string }): string[] {
  return [...text.matchAll(/`((?:src|tests|docs|infra)\/[\w./-]*)`/g)]
    .map(([, named = '']) => named)
    .filter((named) => !existsSync(join(ROOT, named)))
    .map((named) => `${path}: ${named}`);
}

describe('the documents', () => {
  test('every link leads to a file, and to a heading where it names one', () => {
    expect(pages.flatMap(brokenLinks)).toEqual([]);
  });

  test('a broken link is found', () => {
    const text = '[a](nowhere.md) [b](README.md#nothing) [c](README.md) [d](https://x.example/)';
    expect(brokenLinks({ path: 'docs/x.md', text })).toEqual([
      'docs/x.md: nowhere.md',
      'docs/x.md: README.md#nothing',
    ]);
  });

  test('every path that a page names exists', () => {
    expect(current.flatMap(missingPaths)).toEqual([]);
    expect(missingPaths({ path: 'x', text: '`src/nowhere.ts` `src/cli`' })).toEqual([
      'x: src/nowhere.ts',
    ]);
  });

  test("the threat model's tests exist", () => {
    const { text } = pages.find(({ path }) => path === 'docs/threat-model.md') ?? { text: '' };
    const named = [...text.matchAll(/`((?:unit|e2e|security|store|faults|conventions)\/[\w./-]+)`/g)];
    expect(named.length).toBeGreaterThan(50);
    const missing = named.filter(([, path = '']) => !existsSync(join(ROOT, 'tests', path)));
    expect(missing.map(([, path]) => path)).toEqual([]);
  });

  test('docs/adr/README.md lists every decision, without a gap', () => {
    const { text } = pages.find(({ path }) => path === 'docs/adr/README.md') ?? { text: '' };
    const numbers = [...text.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    const files = pages.map(({ path }) => /^docs\/adr\/(\d{4}-.*)$/.exec(path)?.[1]);
    for (const file of files) if (file !== undefined) expect(text).toContain(`](${file})`);
  });
});
