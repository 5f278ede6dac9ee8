import type { Clock, correctedClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { startLoop } from '../lib/loop.ts';
import type { Running } from '../lib/loop.ts';
import type { Housekeeping } from '../usecases/ports/housekeeping.ts';

const PURGE_ROUNDS = 20;
/** A reading that took longer than this says too little about the time. */
const MAX_READING_MS = 2_000;
/** After such a reading another one is taken soon. */
const AGAIN_MS = 5_000;

export interface ScheduleOptions {
  readonly store: Pick<Housekeeping, 'now' | 'purge'>;
  /** The service's clock, which follows the database's. */
  readonly clock: ReturnType<typeof correctedClock>;
  /** The machine's own clock, which the readings are taken with. */
  readonly machineClock: Clock;
  readonly log: Logger;
  /** Default 60 s. */
  readonly correctEveryMs?: number;
  /** Default 10 min. */
  readonly purgeEveryMs?: number;
  /** Other work at the interval of the purge; it has its own bounds. */
  readonly chore?: () => Promise<void>;
  /** Rows of each kind that one call deletes; default 1,000. */
  readonly purgeLimit?: number;
}

/**
 * Periodic work: corrects the clock by the database's, and deletes what the store keeps for a limited
 * time. The first correction is made at once.
 */
export function startSchedule(options: ScheduleOptions): Running {
  const { correctEveryMs = 60_000, purgeEveryMs = 600_000 } = options;
  const every = (restMs: number, failure: string, turn: () => Promise<number | void>) =>
    startLoop({
      turn: async () => (await turn()) ?? restMs,
      failed: (error) => options.log.warn(failure, { error }),
      failureRestMs: restMs,
    });
  const loops = [
    every(correctEveryMs, 'the clock was not corrected', async () =>
      (await correctClock(options)) ? correctEveryMs : Math.min(correctEveryMs, AGAIN_MS),
    ),
    every(purgeEveryMs, 'the store was not purged', () => purgeAll(options)),
    every(purgeEveryMs, 'a chore was not done', async () => options.chore?.()),
  ];
  return {
    wake: () => loops.forEach((loop) => loop.wake()),
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

/**
 * Asks the database for its time and lets the clock follow it; gives whether it did. A slow answer
 * (a connection that is opened for it) is none.
 */
export async function correctClock(
  options: Pick<ScheduleOptions, 'store' | 'clock' | 'machineClock' | 'log'>,
): Promise<boolean> {
  const { store, clock, machineClock, log } = options;
  const askedMs = machineClock.now();
  const referenceMs = await store.now();
  const answeredMs = machineClock.now();
  if (answeredMs - askedMs > MAX_READING_MS || answeredMs < askedMs) {
    log.debug('the clock was not corrected: the answer took too long', { askedMs, answeredMs });
    return false;
  }
  clock.correct({ referenceMs, askedMs, answeredMs });
  return true;
}

async function purgeAll({ store, clock, log, purgeLimit = 1_000 }: ScheduleOptions): Promise<void> {
  let total = 0;
  for (let round = 0; round < PURGE_ROUNDS; round += 1) {
    const purged = await store.purge(clock.now(), purgeLimit);
    total += purged;
    if (purged < purgeLimit) break;
  }
  if (total > 0) log.debug('the store was purged', { rows: total });
}
