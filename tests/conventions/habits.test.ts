import { defaultExports, impurities, isKebab, looseEnds, undocumented } from './habits.ts';
import { filesUnder } from './tree.ts';
import type { File } from './tree.ts';

const MAX_LINES = 350;
/** Tests and style sheets may be longer. */
const MAX_TEST_LINES = 600;
const code = filesUnder(['src', 'tests'], ['.ts', '.js', '.css', '.cjs', '.mjs']);
const typescript = code.filter(({ path }) => path.endsWith('.ts'));
const sources = typescript.filter(({ path }) => path.startsWith('src/'));
const file = (text: string): File => ({ path: 'src/x.ts', text });

describe('files', () => {
  test(`hold at most ${MAX_LINES} lines, tests and style sheets ${MAX_TEST_LINES}`, () => {
    const most = (path: string) =>
      path.startsWith('src/') && path.endsWith('.ts') ? MAX_LINES : MAX_TEST_LINES;
    const long = code
      .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
      .filter(({ path, lines }) => lines > most(path));
    expect(long).toEqual([]);
  });

  test('are named in kebab case', () => {
    expect(code.map(({ path }) => path).filter((path) => !isKebab(path))).toEqual([]);
    for (const bad of ['src/VerifyToken.ts', 'src/verify_token.ts', 'src/verifyToken.ts']) {
      expect(isKebab(bad)).toBe(false);
    }
  });

  test('end with one line break, and have no tabs or trailing blanks', () => {
    const untidy = code.filter(({ text }) => /[ \t]+$|\t/m.test(text) || !/[^\n]\n$/.test(text));
    expect(untidy.map(({ path }) => path)).toEqual([]);
  });
});

describe('code', () => {
  test('exports by name only', () => {
    // A .d.ts describes the exports of a package.
    const ours = typescript.filter(({ path }) => !path.endsWith('.d.ts'));
    expect(ours.flatMap(defaultExports)).toEqual([]);
    expect(defaultExports(file('export default function f() {}'))).toHaveLength(1);
    expect(defaultExports(file('const a = 1; export { a as default };'))).toHaveLength(1);
  });

  test('takes time and randomness from src/lib', () => {
    const outside = sources.filter(({ path }) => !path.startsWith('src/lib/'));
    expect(outside.flatMap(impurities)).toEqual([]);
    for (const text of [
      'Date.now()',
      'new Date()',
      'Date()',
      'Math.random()',
      'crypto.randomUUID()',
      'import { randomUUID } from "node:crypto";',
      'import { randomBytes as r } from "node:crypto";',
    ]) {
      expect(impurities(file(text))).toHaveLength(1);
    }
    expect(impurities(file('new Date(ms); // Date.now() is for src/lib'))).toEqual([]);
  });

  test('has no any, no non-null assertion and no silent catch', () => {
    expect(typescript.flatMap(looseEnds)).toEqual([]);
    for (const text of ['let a: any;', 'a!.b', 'try { f(); } catch {}']) {
      expect(looseEnds(file(text))).toHaveLength(1);
    }
  });

  test('has a docstring for every exported function and class', () => {
    expect(sources.flatMap(undocumented)).toEqual([]);
    expect(undocumented(file('export function f() {}'))).toHaveLength(1);
    expect(undocumented(file('/** What f is for. */\nexport function f() {}'))).toEqual([]);
  });
});

describe('tests', () => {
  test('have no skip, only or TO-DO', () => {
    const marks = /\b(test|it|describe)\.(skip|only|todo)\b|\b(xit|xtest|xdescribe|fdescribe)\(/;
    const words = [
      ['TO', 'DO'],
      ['FIX', 'ME'],
    ]
      .map((parts) => parts.join(''))
      .join('|');
    const later = new RegExp(`(//|\\*).*\\b(${words})\\b`);
    const found = typescript.filter(({ text }) => marks.test(text) || later.test(text));
    expect(found.map(({ path }) => path)).toEqual([]);
    expect(marks.test(['test', 'only("x")'].join('.'))).toBe(true);
    expect(later.test(`// ${'TO'}${'DO'}: more`)).toBe(true);
  });
});
