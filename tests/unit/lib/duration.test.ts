import { parseDuration, typedDuration } from '../../../src/lib/duration.ts';

test.each([1_000, 90_000, 3_600_000, 7_200_000, 172_800_000, 93_784_000])(
  '%d ms becomes a text that parses back',
  (ms) => {
    expect(parseDuration(typedDuration(ms))).toBe(ms);
  },
);
