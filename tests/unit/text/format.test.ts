import { formatsFor } from '../../../src/text/format.ts';

const { exactDuration, number, or } = formatsFor('en');

test.each([
  [5_400_000, '1 h 30 min'],
  [93_784_000, '1 d 2 h 3 min 4 s'],
  [86_460_000, '1 d 1 min'],
  [1_500, '2 s (1500 ms)'],
  [0, '0 s'],
])('%d ms is exactly %s', (ms, shown) => expect(exactDuration(ms)).toBe(shown));

test('formats lists and numbers by the locale', () => {
  const de = formatsFor('de');
  expect([or(['a', 'b', 'c']), de.or(['a', 'b', 'c'])]).toEqual(['a, b, or c', 'a, b oder c']);
  expect([number(1234.5), de.number(1234.5)]).toEqual(['1,234.5', '1.234,5']);
  expect(number(0.1 + 0.2)).toBe('0.30000000000000004');
});
