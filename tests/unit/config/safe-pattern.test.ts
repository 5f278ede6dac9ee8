import fc from 'fast-check';
import { patternProblem } from '../../../src/config/safe-pattern.ts';

describe('patternProblem', () => {
  test.each([
    String.raw`^\d+\.\d+\.\d+$`,
    '[a-z][a-z0-9-]{2,30}',
    '(feature|fix)/[A-Z]+-[0-9]{1,6}',
    String.raw`\d+\.\d+\.\d+(-[a-z0-9]+(\.[a-z0-9]+)*)?`,
    '.*',
    '(abc){2}',
    '[()+*\\]]+',
    '',
    String.raw`[^@\s]+@[^@\s]+`,
    String.raw`(\d{1,3}\.){3}\d{1,3}`,
    '[a-z]+(?:,[a-z]+)*',
    String.raw`(?<year>\d{4})-\d\d`,
    String.raw`\p{L}+`,
    String.raw`[\x41-\x5a\u0061-\u{7a}]+`,
    '.*foo.*',
    'a*?b',
    '(ab?)*c',
    String.raw`\bword\b`,
    '[^-]+-[^-]+',
    '[+-]?[0-9]+',
  ])('takes %s', (pattern) => {
    expect(patternProblem(pattern, 200)).toBeUndefined();
  });

  test.each([
    ['(a+)+', /few ways/],
    ['(a|aa)*', /few ways/],
    ['((a*)b?)*', /few ways/],
    ['(.*,){120}', /few ways/],
    ['(a*)*', /few ways/],
    ['(a?){50}', /few ways/],
    ['(.{0,50}){50}', /few ways/],
    ['(a|a)*', /few ways/],
    [String.raw`(\w+\s?)*`, /few ways/],
    ['.*.*.*x', /few ways/],
    ['a*a*a*a*', /few ways/],
    [String.raw`([a-z\d]|[0-9])+`, /few ways/],
    [String.raw`(a)\1`, /back references/],
    [String.raw`(?<x>a)\k<x>`, /back references/],
    ['(?<=a)b', /look-behind/],
    ['(?!a)b', /look-ahead/],
    ['[', /compiles/],
    ['a{2', /compiles/],
  ])('refuses %s', (pattern, words) => {
    expect(patternProblem(pattern, 2_000)).toMatch(words);
  });

  test('a shorter field may use what a longer one may not', () => {
    expect(patternProblem('.*.*.*x', 2_000)).toBeDefined();
    expect(patternProblem('.*.*.*x', 100)).toBeUndefined();
  });

  test('what it takes decides hostile text at once, whatever was put together', () => {
    const atom = fc.constantFrom('a', 'b', '[ab]', '.', String.raw`\d`, '[^a]');
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        atom,
        fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => left + right),
        fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => `(${left}|${right})`),
        fc
          .tuple(tie('tree'), fc.constantFrom('*', '+', '?', '{2}', '{0,30}', '{5,}', '*?'))
          .map(([inner, times]) => `(${inner})${times}`),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.constantFrom('a', 'b', 'ab', 'aab', '1'), (pattern, text) => {
        if (patternProblem(pattern, 60) !== undefined) return;
        const regex = new RegExp(`^(?:${pattern})$`, 'u');
        const started = performance.now();
        regex.test(text.repeat(60).slice(0, 60) + '\n');
        expect(performance.now() - started).toBeLessThan(2_000);
      }),
      { numRuns: 400 },
    );
  });
});
