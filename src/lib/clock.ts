/** Gives the time as milliseconds since 1970-01-01 UTC; the only source of "now" in the house. */
export interface Clock {
  now(): number;
}

/** The machine's own clock. */
export const systemClock: Clock = { now: () => Date.now() };

/**
 * A clock that follows another one's idea of the time (the database's), so that replicas agree.
 * `correct` takes the reference time in ms and the local times before and after it was asked.
 */
export function correctedClock(base: Clock): Clock & {
  correct(reading: { referenceMs: number; askedMs: number; answeredMs: number }): void;
} {
  let offsetMs = 0;
  return {
    now: () => base.now() + offsetMs,
    correct({ referenceMs, askedMs, answeredMs }) {
      offsetMs = Math.round(referenceMs - (askedMs + answeredMs) / 2);
    },
  };
}

/** RFC 3339 UTC text of a time in ms since the epoch. */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString();
}
