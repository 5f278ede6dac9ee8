import type { Job, JobStore, Lease } from '../../usecases/ports/job-store.ts';
import { jobsFrom } from '../rows.ts';
import type { JobRow } from '../rows.ts';
import { FINISH_JOB, LEASE_JOBS, RELEASE_JOB, RENEW_JOBS } from './queries/jobs.ts';
import { byKey, encodeRows } from './query.ts';
import type { Pool } from './pool.ts';

/** The size of the column. */
const MAX_ERROR_LENGTH = 2_000;

/**
 * Ending a lease is idempotent: a retry after a lost answer finds no such lease and returns false. A
 * finished job does not run again.
 */
const TWICE = { repeat: 'twice' } as const;

/**
 * Leases due jobs in order. All jobs of one lease have the same fence, a new one. If the answer is
 * lost, the jobs wait for the end of their lease, because nobody knows the fence.
 */
export async function leaseJobs(
  pool: Pool,
  { limit, leaseMs, now }: Parameters<JobStore['leaseJobs']>[0],
): Promise<readonly Job[]> {
  const rows = await pool.all(
    LEASE_JOBS,
    { limit, leaseUntil: now + leaseMs, now },
    { repeat: 'once' },
  );
  return jobsFrom(rows as unknown as JobRow[]);
}

/** Extends leases. Returns the keys of the jobs that are still under this lease. */
export async function renewJobs(
  pool: Pool,
  { jobs, leaseMs, now }: Parameters<JobStore['renewJobs']>[0],
): Promise<readonly string[]> {
  const held = jobs.map(({ key, fence }) => ({ key, fence }));
  const rows = await pool.all(
    RENEW_JOBS,
    { jobs: encodeRows(byKey(held)), leaseUntil: now + leaseMs },
    { repeat: 'twice' },
  );
  return rows.map(({ key }) => String(key));
}

/** Ends a job, or makes it due if it was inserted again. False if it is not under this lease. */
export function finishJob(pool: Pool, { key, fence }: Lease): Promise<boolean> {
  return changed(pool.all(FINISH_JOB, { ackKey: key, ackFence: fence, ackDone: 1 }, TWICE));
}

/** Returns a job to wait for `runAt`, or as dead. False if it is not under this lease. */
export function releaseJob(
  pool: Pool,
  { key, fence, runAt, error }: Parameters<JobStore['releaseJob']>[0],
): Promise<boolean> {
  const text = error?.slice(0, MAX_ERROR_LENGTH) ?? null;
  return changed(pool.all(RELEASE_JOB, { key, fence, runAt, error: text }, TWICE));
}

async function changed(asked: ReturnType<Pool['all']>): Promise<boolean> {
  const [row] = await asked;
  return Number(row?.['changed'] ?? 0) > 0;
}
