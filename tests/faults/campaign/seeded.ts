/** Draws from a seed; the same seed gives the same draws. */
export interface Draws {
  /** From 0 to below 1. */
  next(): number;
  /** A whole number from 0 to below `below`. */
  whole(below: number): number;
  /** One of these. */
  one<Value>(of: readonly [Value, ...Value[]]): Value;
  /** Whether something with this chance (0 to 1) happens. */
  chance(part: number): boolean;
}

/** A small generator of numbers from 0 to 1 (mulberry32), the same for the same seed. */
export function seeded(seed: number): Draws {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const whole = (below: number) => Math.floor(next() * below);
  return {
    next,
    whole,
    one: (of) => of[whole(of.length)] ?? of[0],
    chance: (part) => next() < part,
  };
}
