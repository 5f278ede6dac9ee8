import { setTimeout as sleep } from 'node:timers/promises';
import type { Ids } from '../../lib/ids.ts';
import { failureOf } from './errors.ts';
import type { Failure } from './errors.ts';

const FIRST_DELAY_MS = 10;
const MAX_DELAY_MS = 500;
const MAX_ATTEMPTS = 12;

/**
 * Retries transient failures with exponential backoff and jitter, which keeps competing replicas
 * apart. `mayRepeat` decides whether a retry is safe: a statement may already have been applied.
 *
 * @throws StoreError: the last one after `maxWaitMs` or MAX_ATTEMPTS, and any other at once.
 */
export async function retryTransient<Found>(
  attempt: () => Promise<Found>,
  options: { maxWaitMs: number; ids: Ids; mayRepeat: (failure: Failure) => boolean },
): Promise<Found> {
  let over = false;
  const timer = setTimeout(() => {
    over = true;
  }, options.maxWaitMs);
  try {
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await attempt();
      } catch (thrown) {
        const failure = failureOf(thrown);
        const again = failure.transient && options.mayRepeat(failure);
        if (!again || over || attempts >= MAX_ATTEMPTS) throw failure.error;
      }
      await sleep(delayMs(attempts, options.ids));
    }
  } finally {
    clearTimeout(timer);
  }
}

/** A random delay in the upper half of the exponential backoff. */
function delayMs(attempts: number, ids: Ids): number {
  const full = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempts - 1, 10));
  const drawn = Buffer.from(ids.secret(4), 'base64url').readUInt32BE(0) / 2 ** 32;
  return full / 2 + (full / 2) * drawn;
}
