import type { Clock } from '../lib/clock.ts';

/**
 * Makes an unauthenticated read cheap: one at a time, shared by all callers within `keepMs` of its
 * start, whether it succeeds or not.
 */
export function sharedReading<Value>(
  read: () => Promise<Value>,
  { clock, keepMs }: { clock: Clock; keepMs: number },
): () => Promise<Value> {
  let last: { at: number; value: Promise<Value>; running: boolean } | undefined;
  return () => {
    const now = clock.now();
    // The clock may be corrected backwards.
    if (last !== undefined && (last.running || Math.abs(now - last.at) < keepMs)) return last.value;
    const started = { at: now, value: read(), running: true };
    const ended = () => {
      started.running = false;
    };
    started.value.then(ended, ended);
    last = started;
    return started.value;
  };
}
