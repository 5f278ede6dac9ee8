import { matchesPattern, readPattern } from '../../../src/lib/pattern.ts';

test.each<[string, string, boolean]>([
  ['a|bc', 'bc', true],
  ['a|bc', 'abc', false],
  [String.raw`^\d+$`, '12', true],
  [String.raw`^\d+$`, '12\n', false],
  ['(?i)straße', 'STRASSE', false],
  ['(?i)straße', 'Straße', true],
  ['(?m)^a$', 'a\na', false],
  ['.', '😀', true],
])('%s against the whole of %j: %s', (pattern, value, expected) => {
  expect(matchesPattern(pattern, value)).toBe(expected);
});

// A backtracking engine would exceed the time limit of the test.
test.each([
  ['(?i:(?:a|A)+)+', 'a'],
  ['(?i:(a|aa)*)', 'a'],
  ['(?i)(?:[a-z]+)*', 'A'],
  ['(a+)+', 'a'],
  [String.raw`(\w+\s?)*`, 'a'],
])('decides a hostile value of 61 characters in linear time: %s', (pattern, letter) => {
  expect(matchesPattern(pattern, `${letter.repeat(60)}!`)).toBe(false);
  expect(matchesPattern(pattern, letter.repeat(61))).toBe(true);
});

test('names the part that RE2 does not support', () => {
  expect(readPattern('ab(?!c)')).toMatchObject({ ok: false, part: '(?!' });
  expect(readPattern('(')).toMatchObject({ ok: false, reason: 'missing closing )' });
  expect(readPattern('')).toMatchObject({ ok: true });
});
