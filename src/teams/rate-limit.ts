import { Lru } from '../lib/lru.ts';

/** At most `calls` in any `spanMs`. */
export interface Window {
  readonly calls: number;
  readonly spanMs: number;
}

/** For one bot and thread: Teams' documentation, "Optimize your bot with rate limiting". */
export const THREAD_WINDOWS: readonly Window[] = [
  { calls: 7, spanMs: 1_000 },
  { calls: 8, spanMs: 2_000 },
  { calls: 60, spanMs: 30_000 },
  { calls: 1_800, spanMs: 3_600_000 },
];

/** For one app and tenant, on the same page. */
export const TENANT_WINDOWS: readonly Window[] = [{ calls: 50, spanMs: 1_000 }];

const MAX_KEYS = 2_000;

/** Hands out times at which calls may be made, in order. */
export interface RateLimiter {
  /**
   * Books the next call that every key allows, and tells how many ms to wait for it; books
   * nothing where that is more than `maxWaitMs`.
   */
  book(keys: readonly LimitKey[], now: number, maxWaitMs: number): { ok: boolean; waitMs: number };
}

export interface LimitKey {
  readonly key: string;
  readonly windows: readonly Window[];
}

/** Sliding windows in memory; the 2,000 keys used last are kept. */
export function createRateLimiter(): RateLimiter {
  const booked = new Lru<string, number[]>(MAX_KEYS);
  return {
    book(keys, now, maxWaitMs) {
      const rows = keys.map(({ key, windows }) => ({
        key, windows, past: recent(booked.get(key) ?? [], windows, now),
      }));
      let at = now;
      for (let moved = true; moved && at - now <= maxWaitMs;) {
        const later = Math.max(...rows.map((row) => nextFree(row.past, row.windows, at)));
        moved = later > at;
        at = later;
      }
      if (at - now > maxWaitMs) return { ok: false, waitMs: at - now };
      for (const { key, past } of rows) booked.set(key, [...past, at].sort((a, b) => a - b));
      return { ok: true, waitMs: at - now };
    },
  };
}

function recent(past: readonly number[], windows: readonly Window[], now: number): number[] {
  const widest = Math.max(...windows.map(({ spanMs }) => spanMs));
  return past.filter((time) => time > now - widest);
}

// The first time from `at` on when no window that holds it would hold too many calls: those booked
// for later count as well, as a thread that waits must not make its tenant overrun.
function nextFree(past: readonly number[], windows: readonly Window[], at: number): number {
  let free = at;
  for (const { calls, spanMs } of windows) {
    const near = past.filter((time) => time > free - spanMs && time < free + spanMs);
    const leaves = near[near.length - calls];
    if (leaves !== undefined) free = leaves + spanMs;
  }
  return free;
}
