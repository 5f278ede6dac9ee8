import { Lru } from '../../lib/lru.ts';

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
/** Turns are kept for this long ahead. */
const HORIZON_MS = 60_000;
/** A turn that nobody took for this long is nobody's any more. */
const MISSED_MS = 10_000;

/** Hands out times at which calls may be made, in order. */
export interface RateLimiter {
  /**
   * Books the next call that every key allows, and tells how many ms to wait for it. Where that is
   * more than `maxWaitMs`, `ok` is false and the turn is kept for a call on the first key that
   * comes when it is due, so that many who wait come one after the other; beyond a minute no turn
   * is kept.
   */
  book(keys: readonly LimitKey[], now: number, maxWaitMs: number): { ok: boolean; waitMs: number };
}

export interface LimitKey {
  readonly key: string;
  readonly windows: readonly Window[];
}

/** Times by key. */
export interface Times {
  get(key: string): number[] | undefined;
  set(key: string, times: number[]): unknown;
}

/**
 * Sliding windows over what was booked and what turns are kept; by default in memory, where the
 * 2,000 keys used last are kept. Before a key's time in `rests` no call is made.
 */
export function createRateLimiter({
  booked = new Lru<number[]>(MAX_KEYS),
  kept = new Lru<number[]>(MAX_KEYS),
  rests,
}: {
  booked?: Times;
  kept?: Times;
  rests?: { get(key: string): number | undefined };
} = {}): RateLimiter {
  // The soonest turn that is kept for whoever comes by then; those that nobody took are let go.
  const takeTurn = ({ key }: LimitKey, now: number, maxWaitMs: number) => {
    const turns = (kept.get(key) ?? []).filter((at) => at > now - MISSED_MS);
    const turn = turns[0] !== undefined && turns[0] <= now + maxWaitMs ? turns.shift() : undefined;
    kept.set(key, turns);
    return turn;
  };
  return {
    book(keys, now, maxWaitMs) {
      const [first] = keys;
      const turn = first && takeTurn(first, now, maxWaitMs);
      const rows = keys.map(({ key, windows }) => ({
        key,
        windows,
        past: without(turn, recent(booked.get(key) ?? [], windows, now)),
      }));
      let at = Math.max(now, ...keys.map(({ key }) => rests?.get(key) ?? now));
      for (let moved = true; moved && at - now <= Math.max(maxWaitMs, HORIZON_MS);) {
        const later = Math.max(...rows.map((row) => nextFree(row.past, row.windows, at)));
        moved = later > at;
        at = later;
      }
      const ok = at - now <= maxWaitMs;
      const keep = !ok && at - now <= HORIZON_MS;
      for (const { key, past } of rows) booked.set(key, ok || keep ? inOrder(past, at) : past);
      if (keep && first) kept.set(first.key, inOrder(kept.get(first.key) ?? [], at));
      return { ok, waitMs: at - now };
    },
  };
}

function inOrder(times: readonly number[], at: number): number[] {
  return times.toSpliced(countUpTo(times, at), 0, at);
}

function without(time: number | undefined, times: number[]): number[] {
  const at = time === undefined ? -1 : times.indexOf(time);
  return at < 0 ? times : times.toSpliced(at, 1);
}

function recent(past: readonly number[], windows: readonly Window[], now: number): number[] {
  const widest = Math.max(...windows.map(({ spanMs }) => spanMs));
  return past.filter((time) => time > now - widest);
}

/**
 * The first time from `at` on when a call breaks no window: with no run of `calls` others, before
 * and after it, does it lie within a window's span. `past` is sorted.
 */
function nextFree(past: readonly number[], windows: readonly Window[], at: number): number {
  let free = at;
  for (const { calls, spanMs } of windows) {
    for (let from = crowd(past, free, { calls, spanMs }); from !== undefined;) {
      free = from + spanMs;
      from = crowd(past, free, { calls, spanMs });
    }
  }
  return free;
}

/** When the last run of calls begins that a call at `at` would make too many; else undefined. */
function crowd(past: readonly number[], at: number, { calls, spanMs }: Window): number | undefined {
  if (past.length < calls) return undefined;
  const before = countUpTo(past, at);
  const first = Math.max(0, before - calls);
  for (let from = Math.min(before, past.length - calls); from >= first; from -= 1) {
    const begins = past[from] ?? at;
    const ends = past[from + calls - 1] ?? at;
    if (Math.max(ends, at) - Math.min(begins, at) < spanMs) return begins;
  }
  return undefined;
}

/** How many times are not after `at`. Halving: thousands of turns may be kept for a tenant. */
function countUpTo(times: readonly number[], at: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? at) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
