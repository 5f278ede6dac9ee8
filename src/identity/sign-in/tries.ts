import type { Clock } from '../../lib/clock.ts';
import { Lru } from '../../lib/lru.ts';

const REMEMBERED = 10_000;

/**
 * A counter in memory: at most `limit` wrong tries of each person in `windowMs`, which starts at the
 * first.
 */
export function createTries(options: { clock: Clock; limit: number; windowMs: number }) {
  const { clock, limit, windowMs } = options;
  const seen = new Lru<{ count: number; until: number }>(REMEMBERED);
  const current = (person: string) => {
    const entry = seen.get(person);
    return entry !== undefined && clock.now() < entry.until ? entry : undefined;
  };
  return {
    exhausted: (person: string): boolean => (current(person)?.count ?? 0) >= limit,
    failed(person: string): void {
      const entry = current(person) ?? { count: 0, until: clock.now() + windowMs };
      seen.set(person, { count: entry.count + 1, until: entry.until });
    },
  };
}
