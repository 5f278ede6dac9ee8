/** Random draws; the same seed gives the same draws. */
export interface Draws {
  /** From 0 to below 1. */
  next(): number;
  /** An integer from 0 to below `below`. */
  whole(below: number): number;
  /** One of these values. */
  one<Value>(of: readonly [Value, ...Value[]]): Value;
  /** True with this probability (0 to 1). */
  chance(part: number): boolean;
}

/** A small seeded generator of numbers from 0 to 1 (mulberry32). */
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
