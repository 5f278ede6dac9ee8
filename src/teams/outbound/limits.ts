import type { Clock } from '../../lib/clock.ts';
import { sha256 } from '../../lib/hash.ts';
import type { Ids } from '../../lib/ids.ts';
import { describeError } from '../../lib/logger.ts';
import type { Logger } from '../../lib/logger.ts';
import type { RateStore } from '../../usecases/ports/store.ts';
import { decodeRate, encodeRate } from './rate-code.ts';
import type { Rate } from './rate-code.ts';
import { createRateLimiter } from './rate-limit.ts';
import type { LimitKey, RateLimiter, Window } from './rate-limit.ts';

/** Teams' limits as the outbox asks for them. */
export interface Limits {
  /** Books the next call that every key allows; as RateLimiter.book, from now on. */
  book(keys: readonly LimitKey[], maxWaitMs: number): Promise<{ ok: boolean; waitMs: number }>;
  /** Teams said that no call may be made on this key before `until` (ms). */
  rest(key: string, until: number): Promise<void>;
}

/** Calls booked in one round, and tries of a round that others' rounds came before. */
const MOST_AT_ONCE = 100;
const MOST_TRIES = 20;
/** A booking that is known this late is made once more, so many times at most. */
export const LATE_MS = 50;
const MOST_BOOKINGS = 4;
const MOST_LAG_MS = 1_000;
const KEPT_MS = 3_700_000;
const MARGIN = { part: 0.1, leastMs: 100, mostMs: 250 };

/** The limits of this process alone. */
export function ownLimits(clock: Clock): Limits {
  const rests = new Map<string, number>();
  const limiter = createRateLimiter({ rests });
  return {
    book: async (keys, maxWaitMs) => limiter.book(keys, clock.now(), maxWaitMs),
    async rest(key, until) {
      for (const [one, end] of rests) if (end <= clock.now()) rests.delete(one);
      rests.set(key, Math.max(until, rests.get(key) ?? 0));
    },
  };
}

type Step = (limiter: RateLimiter, rates: ReadonlyMap<string, Rate>) => void;

interface Waiting {
  readonly keys: readonly string[];
  readonly step: Step;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The limits of all replicas together: what is booked stands in the store, so it also outlives a
 * process that is killed. All bookings that wait are one round: one read, and one write that holds
 * only where nobody else has written since; else the round is played again on what is there now.
 * Spans are taken a little longer than Teams', as calls may be under way for different times. While
 * the store does not answer, this process keeps to the limits alone.
 */
export function sharedLimits(given: {
  store: RateStore;
  clock: Clock;
  ids: Ids;
  log: Logger;
  wait(ms: number): Promise<void>;
}): Limits {
  const { clock, log } = given;
  const own = ownLimits(clock);
  const queue: Waiting[] = [];
  let playing = false;
  /** How long a round has taken of late: what is booked is for when it will be over. */
  let lagMs = 0;
  const play = async () => {
    if (playing) return;
    playing = true;
    while (queue.length > 0) {
      const round = queue.splice(0, MOST_AT_ONCE);
      try {
        const tookMs = await playRound(given, round);
        lagMs = Math.min(MOST_LAG_MS, Math.round((3 * lagMs + tookMs) / 4));
        for (const { done } of round) done();
      } catch (error) {
        for (const { failed } of round) failed(error);
      }
    }
    playing = false;
  };
  const ask = (keys: readonly string[], step: Step) =>
    new Promise<void>((resolve, reject) => {
      queue.push({ keys, step, done: resolve, failed: reject });
      void play();
    });
  const alone = (error: unknown) =>
    log.warn("Teams' limits are kept by this process alone", { error: describeError(error) });
  return {
    async book(keys, maxWaitMs) {
      const padded = keys.map(({ key, windows }) => ({ key, windows: windows.map(wider) }));
      const names = keys.map(({ key }) => key);
      try {
        for (let tried = 1; ; tried += 1) {
          let booked = { ok: false, at: 0 };
          await ask(names, (limiter) => {
            const now = clock.now() + lagMs;
            const { ok, waitMs } = limiter.book(padded, now, maxWaitMs);
            booked = { ok, at: now + waitMs };
          });
          const waitMs = booked.at - clock.now();
          // A call that comes late is too near to those that were booked after it.
          if (booked.ok && waitMs < -LATE_MS && tried < MOST_BOOKINGS) continue;
          return { ok: booked.ok, waitMs: Math.max(0, waitMs) };
        }
      } catch (error) {
        alone(error);
        return own.book(padded, maxWaitMs);
      }
    },
    async rest(key, until) {
      try {
        await ask([key], (_limiter, rates) => {
          const rate = rates.get(key);
          if (rate) rate.rest = Math.max(until, rate.rest);
        });
      } catch (error) {
        alone(error);
        await own.rest(key, until);
      }
    },
  };
}

/** Plays a round; gives how long its last try took, from what it booked to what is written. */
async function playRound(
  { store, clock, ids, wait }: Parameters<typeof sharedLimits>[0],
  round: readonly Waiting[],
): Promise<number> {
  const names = [...new Set(round.flatMap(({ keys }) => keys))];
  for (let tried = 1; tried <= MOST_TRIES; tried += 1) {
    const stored = new Map((await store.loadRates(names.map(sha256))).map((row) => [row.key, row]));
    const rates = new Map(names.map((name) => [name, decodeRate(stored.get(sha256(name))?.state)]));
    const limiter = createRateLimiter(columns(rates));
    const bookedAt = clock.now();
    for (const { step } of round) step(limiter, rates);
    const rows = [...rates]
      .map(([name, rate]) => {
        const { version: seen = 0, state: before } = stored.get(sha256(name)) ?? {};
        return { key: sha256(name), seen, before, state: encodeRate(rate) };
      })
      .filter(({ before, state }) => before !== state);
    const expiresAt = clock.now() + KEPT_MS;
    const writing = rows.map(({ key, seen, state }) => ({ key, seen, state }));
    if (rows.length === 0) return 0;
    if (await store.saveRates({ rows: writing, expiresAt })) return clock.now() - bookedAt;
    // Some come sooner, others later: they would meet again.
    await wait(Number(ids.code(2)) / 4 + tried);
  }
  throw new Error('other replicas were always faster');
}

/** The rates as the limiter looks at them, which are of the keys of this round only. */
function columns(rates: ReadonlyMap<string, Rate>) {
  const column = (name: 'booked' | 'kept') => ({
    get: (key: string) => rates.get(key)?.[name],
    set: (key: string, times: number[]) => {
      const rate = rates.get(key);
      if (rate) rate[name] = times;
    },
  });
  const rests = { get: (key: string) => rates.get(key)?.rest };
  return { booked: column('booked'), kept: column('kept'), rests };
}

function wider({ calls, spanMs }: Window): Window {
  const { part, leastMs, mostMs } = MARGIN;
  return { calls, spanMs: spanMs + Math.min(mostMs, Math.max(leastMs, spanMs * part)) };
}
