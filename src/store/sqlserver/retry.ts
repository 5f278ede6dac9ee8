import { setTimeout as sleep } from 'node:timers/promises';
import type { Ids } from '../../lib/ids.ts';
import { failureOf } from './errors.ts';
import type { Failure } from './errors.ts';

const FIRST_REST_MS = 10;
const LONGEST_REST_MS = 500;
const MOST_TRIES = 12;

/**
 * Repeats transient failures, with growing rests, drawn by chance so that those who met do not
 * meet again. Only what `mayRepeat` allows is repeated: a statement that may have been carried out
 * must be one that may be carried out twice.
 *
 * @throws StoreError: the last one where `maxWaitMs` or the tries run out, any other at once.
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
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt();
      } catch (thrown) {
        const failure = failureOf(thrown);
        const again = failure.transient && options.mayRepeat(failure);
        if (!again || over || tries >= MOST_TRIES) throw failure.error;
      }
      await sleep(restMs(tries, options.ids));
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Evenly drawn from the upper half of a time that doubles with every try. */
function restMs(tries: number, ids: Ids): number {
  const full = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.min(tries - 1, 10));
  const drawn = Buffer.from(ids.secret(4), 'base64url').readUInt32BE(0) / 2 ** 32;
  return full / 2 + (full / 2) * drawn;
}
