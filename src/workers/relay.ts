import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import { describeError } from '../lib/logger.ts';
import type { Logger } from '../lib/logger.ts';
import { startLoop, sleep } from '../lib/loop.ts';
import type { JobContext, JobHandler, JobResult } from '../usecases/jobs/job-handler.ts';
import type { JobHandlers } from '../usecases/jobs/job-handlers.ts';
import type { Job, JobStore, Parked } from '../usecases/ports/job-store.ts';
import { DELIVERY_CAP_MS, backoffMs } from './backoff.ts';
import { isTransient } from '../usecases/store-faults.ts';
import { startRenewal } from './renewal.ts';

/** Attempts of a job of an unknown kind. */
const MAX_UNKNOWN = 30;
/** Not sooner than this, so that a job that is due but cannot be leased does not spin the loop. */
const MIN_REST_MS = 20;

export interface RelayOptions {
  readonly store: Omit<JobStore, 'countJobs' | 'wakeCards'>;
  readonly handlers: JobHandlers;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** Jobs that run at once; default 32, so that slow targets delay no other job. */
  readonly concurrency?: number;
  /** The lease of a job, renewed while it runs; how long a killed process keeps it. Default 15 s. */
  readonly leaseMs?: number;
  /** After this a run counts as hanging: its lease is not renewed. Default 120 s. */
  readonly holdMs?: number;
  /** How often to look for jobs that other processes inserted; default 1 s. */
  readonly pollMs?: number;
  /** How long `stop` waits for running jobs; default 10 s. */
  readonly stopMs?: number;
}

export type Relay = ReturnType<typeof startRelay>;

/**
 * Leases due jobs, up to `concurrency` at a time, runs the handler of their kind, and then ends,
 * postpones or parks each. Rests until the next job is due, `wake` is called, or `pollMs` is over.
 * Delivery is at least once: a job whose lease has ended (a killed process) is leased again, and an
 * acknowledgement under an ended lease is refused.
 */
export function startRelay(options: RelayOptions) {
  const { store, clock, log, concurrency = 32 } = options;
  const { leaseMs = 15_000, holdMs = 120_000, pollMs = 1_000, stopMs = 10_000 } = options;
  const inFlight = new Map<string, Promise<void>>();
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
  const renewal = startRenewal({ store, clock, log, leaseMs, holdMs });
  const run = async (job: Job) => {
    const letGo = renewal.hold(job);
    await deliver(job, options, context);
    letGo();
  };
  const take = (job: Job) => {
    const before = inFlight.get(job.key);
    const endsAt = clock.now() + leaseMs;
    // A job may be leased again before its last run here has ended: one run after the other.
    const next = before?.then(() => (clock.now() < endsAt ? run(job) : undefined)) ?? run(job);
    const delivered = next.finally(() => {
      if (inFlight.get(job.key) === delivered) inFlight.delete(job.key);
      loop.wake();
    });
    inFlight.set(job.key, delivered);
  };
  const turn = async () => {
    const limit = concurrency - (inFlight.size - aside);
    if (limit <= 0) return pollMs;
    const jobs = await store.leaseJobs({ limit, leaseMs, now: clock.now() });
    for (const job of jobs) take(job);
    return jobs.length === limit ? pollMs : untilNext(options, pollMs);
  };
  const loop = startLoop({
    turn,
    failed: (error) => log.error('jobs were not leased', { error }),
    failureRestMs: pollMs,
  });
  return {
    wake: loop.wake,
    /** Jobs that run or wait aside. */
    inFlight: () => inFlight.size,
    stop: async () => {
      await loop.stop();
      stopping.abort();
      await settled([...inFlight.values()], stopMs);
      await renewal.stop();
      // Another process leases what is left, once these leases have ended.
      if (inFlight.size > 0)
        log.warn('stopped with jobs in flight', { jobs: [...inFlight.keys()] });
    },
  };
}

/** How long to rest (ms) until the next job is due; `maxMs` where none is due before. */
async function untilNext({ store, clock }: RelayOptions, maxMs: number): Promise<number> {
  const next = await store.nextJobAt();
  if (next === undefined) return maxMs;
  return Math.min(maxMs, Math.max(MIN_REST_MS, next - clock.now()));
}

/** Resolves when all have settled, or after `maxMs`. */
async function settled(running: readonly Promise<void>[], maxMs: number): Promise<void> {
  const done = new AbortController();
  const all = Promise.allSettled(running).then(() => done.abort());
  await Promise.race([all, sleep(maxMs, done.signal)]);
}

/** Runs one job. Never rejects: a failing handler must not stop other jobs. */
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
    const said = describeError(error);
    // A store that is away says nothing of the job, which may have been tried for days.
    result = isTransient(error)
      ? { retryAtMs: null, refused: said }
      : { retryAtMs: null, error: said };
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
  const { error, runAt, parked } = afterFailure(result, { attempts, maxAttempts, now, ids });
  const fields = { job: key, attempts, error: error.slice(0, 500) };
  if (runAt !== null) log.warn('a job is tried again', { ...fields, inMs: runAt - now });
  else if (parked === 'dead') log.error('a job was given up', fields);
  else log.warn('a message is undeliverable', fields);
  await store.releaseJob({ key, fence, runAt, error: error.slice(0, 2_000), parked });
}

type Failed = Extract<
  JobResult,
  { error: string } | { refused: string } | { dead: string } | { undeliverable: string }
>;

/** When a failed job runs again; null: it is parked. */
function afterFailure(
  result: Failed,
  given: { attempts: number; maxAttempts: number; now: number; ids: Ids },
): { error: string; runAt: number | null; parked: Parked } {
  const { attempts, maxAttempts, now, ids } = given;
  if ('undeliverable' in result) {
    return { error: result.undeliverable, runAt: null, parked: 'undeliverable' };
  }
  if ('dead' in result) return { error: result.dead, runAt: null, parked: 'dead' };
  if ('refused' in result) {
    const runAt = result.retryAtMs ?? now + backoffMs(attempts, ids, DELIVERY_CAP_MS);
    return { error: result.refused, runAt, parked: 'dead' };
  }
  const givenUp = attempts >= maxAttempts;
  const runAt = givenUp ? null : (result.retryAtMs ?? now + backoffMs(attempts, ids));
  return { error: result.error, runAt, parked: 'dead' };
}
