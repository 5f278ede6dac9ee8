import { Lru } from './lru.ts';

const MINUTE_MS = 60_000;
const REMEMBERED = 10_000;

/**
 * A rate in memory for each key: so many a minute, all at once or spread over it (generic cell rate
 * algorithm: one number for each key, the time at which it will be unused again). Remembers the last
 * 10,000 keys.
 */
export function createRate(perMinute: number) {
  const restMs = MINUTE_MS / perMinute;
  const unusedAt = new Lru<number>(REMEMBERED);
  const stateOf = (key: string, now: number) => {
    const at = unusedAt.get(key) ?? now;
    // Further ahead than uses can bring it: the clock was set back.
    return at > now + MINUTE_MS + restMs ? now : Math.max(at, now);
  };
  return {
    /** How long until the key may be used again (ms); 0: now. */
    waitMs: (key: string, now: number): number =>
      Math.max(0, Math.ceil(stateOf(key, now) + restMs - MINUTE_MS - now - 0.001)),
    use(key: string, now: number): void {
      unusedAt.set(key, stateOf(key, now) + restMs);
    },
  };
}
