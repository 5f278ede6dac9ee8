import { patternProblem } from '../../../src/config/pattern-problem.ts';

test.each([
  String.raw`^\d+\.\d+\.\d+$`,
  '[a-z][a-z0-9-]{2,30}',
  '(feature|fix)/[A-Z]+-[0-9]{1,6}',
  String.raw`\d+\.\d+\.\d+(-[a-z0-9]+(\.[a-z0-9]+)*)?`,
  '',
  String.raw`[^@\s]+@[^@\s]+`,
  String.raw`(?<year>\d{4})-\d\d`,
  String.raw`\p{L}+`,
  String.raw`[\x41-\x5a\x{61}]+`,
  '(?i)[a-z]+',
  '(a+)+',
  '.*.*.*x',
  '((a*)b?)*',
])('accepts %s', (pattern) => {
  expect(patternProblem(pattern, 2_000)).toBeUndefined();
});

test.each([
  [String.raw`(a)\1`, /without back-references.* use two fields/],
  [String.raw`(?<x>a)\k<x>`, /without back-references/],
  ['(?<=a)b', /without look-around/],
  ['(?<!a)b', /without look-around/],
  ['a(?!b).*', /without look-around.* such as \(prod\|test\)-\[a-z\]\+/],
  ['a(?=b)b', /without look-around/],
  [String.raw`\u00e9`, /\\x\{e9\}/],
  [String.raw`\p{Letter}`, /\\p\{L\}/],
  ['(?>a)', /never backtracks/],
  ['a++', /never backtracks/],
  ['a{1001}', /at most 1,000 repeats/],
  ['(a{100}){100}', /at most 1,000 repeats/],
  ['[', /RE2 syntax \(missing closing \]: \[\)/],
])('says what to write instead of %s', (pattern, words) => {
  expect(patternProblem(pattern, 200)).toMatch(words);
});

test('rejects a pattern with too many steps for the longest value', () => {
  expect(patternProblem('(.{0,50}){19}', 2_000)).toMatch(/fewer repeats, or maxLength smaller/);
  expect(patternProblem('(.{0,50}){19}', 100)).toBeUndefined();
});
