import { parseDuration } from '../../../src/lib/duration.ts';
import { cardTime, exactDuration, typedDuration } from '../../../src/cards/times.ts';

describe('times on cards', () => {
  test('are written as the functions of Adaptive Cards take them', () => {
    expect(cardTime(Date.UTC(2026, 10, 22, 9, 20, 7, 999))).toBe('2026-11-22T09:20:07Z');
  });

  test.each([
    [5_400_000, '1 h 30 min'],
    [93_784_000, '1 d 2 h 3 min 4 s'],
    [86_460_000, '1 d 1 min'],
    [1_500, '2 s (1500 ms)'],
    [0, '0 s'],
  ])('%d ms is exactly %s', (ms, text) => expect(exactDuration(ms)).toBe(text));

  test.each([1_000, 90_000, 3_600_000, 7_200_000, 172_800_000, 93_784_000])(
    '%d ms is typed so that it is read back',
    (ms) => {
      expect(parseDuration(typedDuration(ms))).toBe(ms);
    },
  );
});
