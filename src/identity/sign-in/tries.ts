import type { Clock } from '../../lib/clock.ts';
import { Lru } from '../../lib/lru.ts';

const REMEMBERED = 10_000;

/** Counts wrong tries for each person, in a window that starts at the first. */
export interface Tries {
  exhausted(person: string): boolean;
  failed(person: string): void;
}

/** A counter in memory: at most `limit` wrong tries in `windowMs`. */
export function createTries(options: { clock: Clock; limit: number; windowMs: number }): Tries {
  const { clock, limit, windowMs } = options;
  const seen = new Lru<{ count: number; until: number }>(REMEMBERED);
  const current = (person: string) => {
    const entry = seen.get(person);
    return entry !== undefined && clock.now() < entry.until ? entry : undefined;
  };
  return {
    exhausted: (person) => (current(person)?.count ?? 0) >= limit,
    failed(person) {
      const entry = current(person) ?? { count: 0, until: clock.now() + windowMs };
      seen.set(person, { count: entry.count + 1, until: entry.until });
    },
  };
}
