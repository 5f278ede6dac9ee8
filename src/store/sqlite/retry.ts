import { isBusy } from './errors.ts';

const SLEEPER = new Int32Array(new SharedArrayBuffer(4));
const MAX_DELAY_MS = 5;

/**
 * Repeats what finds the database locked by another process, for about `maxWaitMs` in all. SQLite
 * itself would wait in steps of up to 100 ms, in which a busy neighbour is always first; short even
 * steps share the file fairly. Blocks its thread: only for the writer's.
 *
 * @throws the last error, where patience runs out, and any other error at once.
 */
export function retryTransient<Value>(maxWaitMs: number, attempt: () => Value): Value {
  let waitedMs = 0;
  for (let delayMs = 1; ; delayMs = Math.min(delayMs + 1, MAX_DELAY_MS)) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || waitedMs >= maxWaitMs) throw error;
    }
    Atomics.wait(SLEEPER, 0, 0, delayMs);
    waitedMs += delayMs;
  }
}
