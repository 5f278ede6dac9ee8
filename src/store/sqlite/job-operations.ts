import type { Job, JobStore, Lease } from '../../usecases/ports/job-store.ts';
import { jobsFrom } from '../rows.ts';
import type { JobRow } from '../rows.ts';
import {
  LEASE_JOBS,
  FINISH_JOB,
  NEXT_FENCE,
  RELEASE_JOB,
  RENEW_JOB,
  REOPEN_JOB,
} from './queries/jobs.ts';
import type { Session } from './session.ts';

/** Longest text that is kept of why a job failed. */
const MAX_ERROR_LENGTH = 2_000;

/** Takes due jobs in their order; all of one lease carry the same fence, which no other will. */
export function leaseJobs(
  session: Session,
  { limit, leaseMs, now }: Parameters<JobStore['leaseJobs']>[0],
): readonly Job[] {
  const { value: fence } = session.get(NEXT_FENCE) as { value: number };
  const leaseUntil = now + leaseMs;
  return jobsFrom(session.all(LEASE_JOBS, { fence, leaseUntil, now, limit }) as JobRow[]);
}

/** Lets leases end later; gives the keys of those jobs that still are under this lease. */
export function renewJobs(
  session: Session,
  { jobs, leaseMs, now }: Parameters<JobStore['renewJobs']>[0],
): readonly string[] {
  const leaseUntil = now + leaseMs;
  return jobs
    .filter(({ key, fence }) => session.run(RENEW_JOB, { leaseUntil, key, fence }) > 0)
    .map(({ key }) => key);
}

/** Whether the job was under this lease; it is then gone, or waits where it was asked for again. */
export function finishJob(session: Session, { key, fence }: Lease): boolean {
  return session.run(FINISH_JOB, { key, fence }) > 0 || session.run(REOPEN_JOB, { key, fence }) > 0;
}

/** Whether the job was under this lease; it then waits for `runAt`, or is parked as dead. */
export function releaseJob(
  session: Session,
  { key, fence, runAt, error }: Parameters<JobStore['releaseJob']>[0],
): boolean {
  const text = error?.slice(0, MAX_ERROR_LENGTH) ?? null;
  return session.run(RELEASE_JOB, { key, fence, runAt, error: text }) > 0;
}
