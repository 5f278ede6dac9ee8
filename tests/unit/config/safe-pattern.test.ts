import { patternProblem } from '../../../src/config/safe-pattern.ts';

describe('patternProblem', () => {
  test.each([
    String.raw`^\d+\.\d+\.\d+$`, '[a-z][a-z0-9-]{2,30}', '(feature|fix)/[A-Z]+-[0-9]{1,6}',
    String.raw`\d+\.\d+\.\d+(-[a-z0-9.]+)?`, '.*', '(abc){2}', '[()+*]+',
  ])('takes %s', (pattern) => {
    expect(patternProblem(pattern, 200)).toBeUndefined();
  });

  test.each([
    ['(a+)+', /repeat inside/], ['(a|aa)*', /repeat inside/], ['((a*)b?)*', /repeat inside/],
    ['(.*,){120}', /repeat inside/], [String.raw`(a)\1`, /back references/],
    ['(?<=a)b', /look-behind/], ['a*b*c*d*e*', /at most 4/], ['[', /compiles/], ['a{2', /compiles/],
    ['.*.*.*x', /hostile text/],
  ])('refuses %s', (pattern, words) => {
    expect(patternProblem(pattern, 4_000)).toMatch(words);
  });
});
