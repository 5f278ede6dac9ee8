import type { Job, JobStore, Lease } from '../../usecases/ports/job-store.ts';
import { jobsFrom } from '../rows.ts';
import type { JobRow } from '../rows.ts';
import { LEASE_JOBS, FINISH_JOB, NEXT_FENCE, RENEW_JOB, REOPEN_JOB } from './queries/jobs.ts';
import type { Connection } from './connection.ts';

/** Leases due jobs in order. All jobs of one lease have the same fence, a new one. */
export function leaseJobs(
  connection: Connection,
  { limit, leaseMs, now }: Parameters<JobStore['leaseJobs']>[0],
): readonly Job[] {
  const { value: fence } = connection.get(NEXT_FENCE) as { value: number };
  const leaseUntil = now + leaseMs;
  return jobsFrom(connection.all(LEASE_JOBS, { fence, leaseUntil, now, limit }) as JobRow[]);
}

/** Extends leases. Returns the keys of the jobs that are still under this lease. */
export function renewJobs(
  connection: Connection,
  { jobs, leaseMs, now }: Parameters<JobStore['renewJobs']>[0],
): readonly string[] {
  const leaseUntil = now + leaseMs;
  return jobs
    .filter(({ key, fence }) => connection.run(RENEW_JOB, { leaseUntil, key, fence }) > 0)
    .map(({ key }) => key);
}

/** Ends a job, or makes it due if it was inserted again. False if it is not under this lease. */
export function finishJob(connection: Connection, { key, fence }: Lease): boolean {
  return (
    connection.run(FINISH_JOB, { key, fence }) > 0 || connection.run(REOPEN_JOB, { key, fence }) > 0
  );
}
