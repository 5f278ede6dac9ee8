import { importCircles } from './circles.ts';
import { filesUnder } from './tree.ts';

const importing = (path: string, ...names: string[]) => ({
  path,
  text: names.map((name) => `import type { A } from '${name}';`).join('\n'),
});

describe('import circles', () => {
  test('src has no import circle', () => {
    const sources = filesUnder(['src'], ['.ts', '.js']);
    expect(sources.length).toBeGreaterThan(50);
    expect(importCircles(sources)).toEqual([]);
  });

  test('finds circles of two and of three files, each once', () => {
    const files = [
      importing('src/a.ts', './b.ts'),
      importing('src/b.ts', './lib/c.ts', './d.ts'),
      importing('src/lib/c.ts', '../a.ts'),
      importing('src/d.ts', './e.ts'),
      { path: 'src/e.ts', text: "export { d } from './d.ts';" },
    ];
    expect(importCircles(files)).toEqual([
      ['src/d.ts', 'src/e.ts'],
      ['src/a.ts', 'src/b.ts', 'src/lib/c.ts'],
    ]);
  });

  test('a file that two others import makes no circle', () => {
    const files = [
      importing('src/a.ts', './b.ts', './c.ts'),
      importing('src/b.ts', './c.ts'),
      importing('src/c.ts', 'node:path', 'vendor'),
    ];
    expect(importCircles(files)).toEqual([]);
  });
});
