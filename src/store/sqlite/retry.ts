import { isBusy } from './errors.ts';

const SLEEPER = new Int32Array(new SharedArrayBuffer(4));
const MAX_DELAY_MS = 5;

/**
 * Retries while another process locks the database, for about `maxWaitMs`. The busy handler of SQLite
 * waits in steps of up to 100 ms, so a busy process always gets the lock first; short steps are fair.
 * Blocks its thread: call it only on the writer thread.
 *
 * @throws the last error after `maxWaitMs`, and any other at once.
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
