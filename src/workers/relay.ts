import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import { describeError } from '../lib/logger.ts';
import type { Logger } from '../lib/logger.ts';
import { startLoop, sleep } from '../lib/loop.ts';
import type { Running } from '../lib/loop.ts';
import type { JobContext, JobHandler, JobResult } from '../usecases/jobs/job-handler.ts';
import type { JobHandlers } from '../usecases/jobs/job-handlers.ts';
import type { Job, JobStore } from '../usecases/ports/job-store.ts';
import { backoffMs } from './backoff.ts';
import { startRenewal } from './renewal.ts';

/** Attempts of a job of an unknown kind. */
const MAX_UNKNOWN = 30;
/** Not sooner than this, so that a job that is due but cannot be leased does not spin the loop. */
const MIN_REST_MS = 20;

export interface RelayOptions {
  readonly store: Omit<JobStore, 'countJobs'>;
  readonly handlers: JobHandlers;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** Jobs that are worked on at once; default 32, so that slow targets hold up nothing else. */
  readonly concurrency?: number;
  /** How long a dead process's jobs stay with it; renewed while in hand. Default 15 s. */
  readonly leaseMs?: number;
  /** A delivery that takes longer hangs: its job is another's then. Default 120 s. */
  readonly holdMs?: number;
  /** How long other processes' jobs may wait to be seen; default 1 s. */
  readonly pollMs?: number;
  /** How long `stop` waits for what is in hand; default 10 s. */
  readonly stopMs?: number;
}

export interface Relay extends Running {
  /** How many jobs are in hand, those that wait aside included. */
  inHand(): number;
}

/**
 * Delivers jobs for as long as it runs: leases due ones, up to `concurrency` at a time, hands each
 * to the handler of its kind, and acknowledges it, gives it back for later, or parks it. Rests until the next job
 * is due, `wake` is called, or `pollMs` is over. Delivery is at least once: a job whose lease ran
 * out (a killed process) is leased again, and an acknowledgement that comes too late is refused.
 */
export function startRelay(options: RelayOptions): Relay {
  const { store, clock, log } = options;
  const concurrency = options.concurrency ?? 32;
  const leaseMs = options.leaseMs ?? 15_000;
  const pollMs = options.pollMs ?? 1_000;
  const inHand = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  let aside = 0;
  const context: JobContext = {
    signal: stopping.signal,
    aside(wait) {
      aside += 1;
      loop.wake();
      void wait.finally(() => (aside -= 1));
    },
  };
  const renewal = startRenewal({
    store,
    clock,
    log,
    leaseMs,
    holdMs: options.holdMs ?? 120_000,
  });
  const carry = async (job: Job) => {
    const letGo = renewal.hold(job);
    await deliver(job, options, context);
    letGo();
  };

  const take = (job: Job) => {
    const before = inHand.get(job.key);
    const endsAt = clock.now() + leaseMs;
    // Leased again before the last delivery here has quite ended (just acknowledged and wanted
    // anew, or outlived its lease): one after the other, never twice at once.
    const delivered = (
      before === undefined
        ? carry(job)
        : before.then(async () => {
            if (clock.now() < endsAt) await carry(job);
          })
    ).finally(() => {
      if (inHand.get(job.key) === delivered) inHand.delete(job.key);
      loop.wake();
    });
    inHand.set(job.key, delivered);
  };
  const turn = async () => {
    const limit = concurrency - (inHand.size - aside);
    if (limit <= 0) return pollMs;
    const jobs = await store.leaseJobs({ limit, leaseMs, now: clock.now() });
    for (const job of jobs) take(job);
    if (jobs.length === limit) return pollMs;
    const next = await store.nextJobAt();
    const untilNext = next === undefined ? pollMs : next - clock.now();
    return Math.min(pollMs, Math.max(MIN_REST_MS, untilNext));
  };
  const loop = startLoop({
    turn,
    failed: (error) => log.error('jobs were not leased', { error }),
    failureRestMs: pollMs,
  });
  return {
    wake: loop.wake,
    inHand: () => inHand.size,
    stop: async () => {
      await loop.stop();
      stopping.abort();
      const bound = new AbortController();
      await Promise.race([
        Promise.allSettled(inHand.values()).then(() => bound.abort()),
        sleep(options.stopMs ?? 10_000, bound.signal),
      ]);
      await renewal.stop();
      // What is left is leased by another process once its lease has ended.
      if (inHand.size > 0) log.warn('stopped with jobs in hand', { jobs: [...inHand.keys()] });
    },
  };
}

/** Carries one job to its end. Never rejects: one job's crash is no other job's business. */
async function deliver(job: Job, options: RelayOptions, context: JobContext): Promise<void> {
  const { handlers, log } = options;
  // A newer version may leave jobs that this one does not know.
  const handler: JobHandler | undefined = handlers[job.kind];
  let result: JobResult;
  try {
    result = handler
      ? await handler.run(job, context)
      : { retryAtMs: null, error: `no job of kind ${job.kind} is known` };
  } catch (error) {
    result = { retryAtMs: null, error: describeError(error) };
  }
  try {
    await record(job, { result, maxAttempts: handler?.maxAttempts ?? MAX_UNKNOWN }, options);
  } catch (error) {
    log.error("a job's state was not written; it runs again when its lease ends", {
      job: job.key,
      error,
    });
  }
}

/** Writes what became of a job. A job that is under another lease by now is left alone. */
async function record(
  { key, fence, attempts }: Job,
  { result, maxAttempts }: { result: JobResult; maxAttempts: number },
  { store, clock, ids, log }: RelayOptions,
): Promise<void> {
  if (result === 'acknowledged') return;
  if (result === 'done') {
    const acked = await store.ackJob({ key, fence });
    if (!acked) log.debug('a job was no longer under this lease', { job: key });
    return;
  }
  const now = clock.now();
  if ('notBefore' in result) {
    const { notBefore: runAt, why } = result;
    log.debug('a job waits its turn', { job: key, inMs: runAt - now, why });
    await store.releaseJob({ key, fence, runAt, error: null });
    return;
  }
  const error = 'dead' in result ? result.dead : result.error;
  const givenUp = 'dead' in result || attempts >= maxAttempts;
  const retryAt = 'dead' in result ? null : result.retryAtMs;
  const runAt = givenUp ? null : (retryAt ?? now + backoffMs(attempts, ids));
  const fields = { job: key, attempts, error: error.slice(0, 500) };
  if (givenUp) log.error('a job was given up', fields);
  else log.warn('a job is tried again', { ...fields, inMs: (runAt ?? now) - now });
  await store.releaseJob({ key, fence, runAt, error: error.slice(0, 2_000) });
}
