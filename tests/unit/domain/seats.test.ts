import fc from 'fast-check';
import { filledSeats } from '../../../src/domain/request/seats.ts';

/** The maximum number of filled seats, by trying every assignment. */
function byTrying(seats: readonly number[], candidates: readonly (readonly number[])[]): number {
  const [first, ...rest] = candidates;
  if (first === undefined) return 0;
  const without = byTrying(seats, rest);
  const taken = first
    .filter((seat) => seats.includes(seat))
    .map(
      (seat) =>
        1 +
        byTrying(
          seats.filter((other) => other !== seat),
          rest,
        ),
    );
  return Math.max(without, ...taken);
}

test('fills the maximum number of seats', () => {
  const seats = [0, 1, 2, 3];
  const people = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 5 })), { maxLength: 6 });
  fc.assert(
    fc.property(people, (candidates) => {
      expect(filledSeats(seats, candidates)).toBe(byTrying(seats, candidates));
    }),
    { numRuns: 500 },
  );
});

test('in any order leaves a seat to the person who fits that one alone', () => {
  expect(filledSeats([0, 1], [[0, 1], [0]])).toBe(2);
  expect(filledSeats([0, 1], [[0], [0, 1]])).toBe(2);
  expect(filledSeats([0, 1], [[0], [0]])).toBe(1);
});
