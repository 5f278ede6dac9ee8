import type { Job, JobStore } from '../../usecases/ports/job-store.ts';
import {
  LEASE_JOBS,
  FAIL_JOB,
  FINISH_JOB,
  NEXT_FENCE,
  POSTPONE_JOB,
  RENEW_JOB,
  REOPEN_JOB,
} from './queries/jobs.ts';
import type { Session } from './session.ts';

/** Longest text that is kept of why a job failed. */
const MAX_ERROR_LENGTH = 2_000;

/** Takes due jobs, soonest first; all of one lease carry the same fence, which no other will. */
export function leaseJobs(
  session: Session,
  { limit, leaseMs, now }: Parameters<JobStore['leaseJobs']>[0],
): readonly Job[] {
  const { value: fence } = session.get(NEXT_FENCE) as { value: number };
  const leaseUntil = now + leaseMs;
  const jobs = session.all(LEASE_JOBS, [fence, leaseUntil, leaseUntil, now, limit]) as Job[];
  return jobs.sort((a, b) => a.runAt - b.runAt || (a.key < b.key ? -1 : 1));
}

/** Lets leases end later; gives the keys of those jobs that still are under this lease. */
export function renewJobs(
  session: Session,
  { jobs, leaseMs, now }: Parameters<JobStore['renewJobs']>[0],
): readonly string[] {
  const until = now + leaseMs;
  return jobs
    .filter(({ key, fence }) => session.run(RENEW_JOB, [until, until, key, fence]) > 0)
    .map(({ key }) => key);
}

/** Whether the job was under this lease; it is then gone, or ready again where more is wanted. */
export function finishJob(
  session: Session,
  { key, fence, done, now }: Parameters<JobStore['ackJob']>[0],
): boolean {
  return (
    session.run(FINISH_JOB, [key, fence, done]) > 0 ||
    session.run(REOPEN_JOB, [now, now, key, fence]) > 0
  );
}

/** Whether the job was under this lease; it then waits for `runAt`, or is parked as dead. */
export function failJob(
  session: Session,
  { key, fence, runAt, error }: Parameters<JobStore['failJob']>[0],
): boolean {
  const text = error.slice(0, MAX_ERROR_LENGTH);
  return session.run(FAIL_JOB, [runAt, runAt, text, key, fence]) > 0;
}

/** Whether the job was under this lease; it then waits for `runAt`, with the attempts it had. */
export function postponeJob(
  session: Session,
  { key, fence, runAt }: Parameters<JobStore['postponeJob']>[0],
): boolean {
  return session.run(POSTPONE_JOB, [runAt, key, fence]) > 0;
}
