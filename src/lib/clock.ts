/** Returns the time in milliseconds since 1970-01-01 UTC; the only source of "now" in src. */
export interface Clock {
  now(): number;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };

/**
 * A clock that follows a reference clock (the database's), so that replicas agree. `correct` takes
 * the reference time in ms and the local times before and after its query.
 */
export function correctedClock(base: Clock) {
  let offsetMs = 0;
  return {
    now: () => base.now() + offsetMs,
    correct(reading: { referenceMs: number; askedMs: number; answeredMs: number }): void {
      const { referenceMs, askedMs, answeredMs } = reading;
      offsetMs = Math.round(referenceMs - (askedMs + answeredMs) / 2);
    },
  };
}

/** Formats a time in ms since the epoch as RFC 3339 in UTC. */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString();
}
