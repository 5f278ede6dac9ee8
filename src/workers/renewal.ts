import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { startLoop } from '../lib/loop.ts';
import type { Job, JobStore } from '../usecases/ports/job-store.ts';

/** Keeps the leases of jobs that are in hand. */
export interface Renewal {
  /** From now on the job's lease is renewed; gives the function that ends that. */
  hold(job: Pick<Job, 'key' | 'fence'>): () => void;
  stop(): Promise<void>;
}

/** A lease is renewed this often before it would end. */
const TIMES = 3;

/**
 * Renews the leases of what is held, all in one call, three times a lease: so leases may be short,
 * and a process that dies is soon followed, while a slow delivery keeps its job. What is held for
 * longer than `holdMs` hangs, and is let go. A job that is under another lease by now is left to it.
 */
export function startRenewal(options: {
  store: Pick<JobStore, 'renewJobs'>;
  clock: Clock;
  log: Logger;
  leaseMs: number;
  holdMs: number;
}): Renewal {
  const { store, clock, log, leaseMs, holdMs } = options;
  const held = new Map<string, { key: string; fence: number; since: number }>();
  const restMs = Math.max(1, Math.floor(leaseMs / TIMES));
  const turn = async () => {
    const now = clock.now();
    const jobs = [...held.values()]
      .filter(({ since }) => now - since < holdMs)
      .map(({ key, fence }) => ({ key, fence }));
    if (jobs.length === 0) return restMs;
    const kept = new Set(await store.renewJobs({ jobs, leaseMs, now }));
    for (const { key, fence } of jobs) {
      if (kept.has(key) || held.get(key)?.fence !== fence) continue;
      held.delete(key);
      log.warn("a job in hand is another's by now", { job: key });
    }
    return restMs;
  };
  const loop = startLoop({
    turn,
    failed: (error) => log.warn('leases of jobs were not renewed', { error }),
    failureRestMs: Math.ceil(restMs / 2),
  });
  return {
    hold({ key, fence }) {
      held.set(key, { key, fence, since: clock.now() });
      return () => {
        if (held.get(key)?.fence === fence) held.delete(key);
      };
    },
    stop: () => loop.stop(),
  };
}
