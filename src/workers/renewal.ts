import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { startLoop } from '../lib/loop.ts';
import type { Job, JobStore } from '../usecases/ports/job-store.ts';

/** Renewals during one lease. */
const TIMES = 3;

/**
 * Renews the leases of all held jobs in one call, three times during a lease. So leases can be
 * short: the jobs of a dead process are soon leased again, and a slow run keeps its job. A job held
 * longer than `holdMs` hangs and is released. A job under another lease by now is released too.
 */
export function startRenewal(options: {
  store: Pick<JobStore, 'renewJobs'>;
  clock: Clock;
  log: Logger;
  leaseMs: number;
  holdMs: number;
}) {
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
    /** Starts renewing the job's lease; returns the function that ends it. */
    hold({ key, fence }: Pick<Job, 'key' | 'fence'>): () => void {
      held.set(key, { key, fence, since: clock.now() });
      return () => {
        if (held.get(key)?.fence === fence) held.delete(key);
      };
    },
    stop: () => loop.stop(),
  };
}
