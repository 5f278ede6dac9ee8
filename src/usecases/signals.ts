import type { Signals } from './ports/signals.ts';

const MAX_WAITERS = 10_000;

/**
 * In-process signals: a hint that saves waiting, never the truth. `onJobs` is called when a commit
 * left work. Waiters beyond a bound just sleep their time.
 */
export function createSignals(onJobs: () => void): Signals {
  const waiting = new Map<string, Set<() => void>>();
  let count = 0;
  return {
    changed(requestId) {
      for (const wake of waiting.get(requestId) ?? []) wake();
    },
    jobsWaiting: onJobs,
    nextChange(requestId, ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const finish = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', finish);
          const others = waiting.get(requestId);
          if (others?.delete(finish)) count -= 1;
          if (others?.size === 0) waiting.delete(requestId);
          resolve();
        };
        const timer = setTimeout(finish, ms);
        signal?.addEventListener('abort', finish, { once: true });
        if (count >= MAX_WAITERS) return;
        const others = waiting.get(requestId) ?? new Set();
        waiting.set(requestId, others.add(finish));
        count += 1;
      });
    },
  };
}
