import type { Job, JobStore, Lease } from '../../usecases/ports/job-store.ts';
import { jobsFrom } from '../rows.ts';
import type { JobRow } from '../rows.ts';
import { FINISH_JOB, LEASE_JOBS, RELEASE_JOB, RENEW_JOBS } from './queries/jobs.ts';
import { byKey, encodeRows } from './query.ts';
import type { Session } from './session.ts';

/** Longest text that is kept of why a job failed: its column's size. */
const MAX_ERROR_LENGTH = 2_000;

/**
 * What ends a lease may be sent again where its answer was lost: the second finds no such lease and
 * changes nothing. `false` then says as much, and a job that is done does not run a second time.
 */
const TWICE = { repeat: 'twice' } as const;

/**
 * Takes due jobs, in their order; all of one lease carry the same fence, which no other will. Where
 * the answer is lost, they wait for their lease to end: nobody knows their fence.
 */
export async function leaseJobs(
  session: Session,
  { limit, leaseMs, now }: Parameters<JobStore['leaseJobs']>[0],
): Promise<readonly Job[]> {
  const rows = await session.all(
    LEASE_JOBS,
    { limit, leaseUntil: now + leaseMs, now },
    { repeat: 'once' },
  );
  return jobsFrom(rows as unknown as JobRow[]);
}

/** Lets leases end later; gives the keys of those jobs that still are under this lease. */
export async function renewJobs(
  session: Session,
  { jobs, leaseMs, now }: Parameters<JobStore['renewJobs']>[0],
): Promise<readonly string[]> {
  const held = jobs.map(({ key, fence }) => ({ key, fence }));
  const rows = await session.all(
    RENEW_JOBS,
    { jobs: encodeRows(byKey(held)), leaseUntil: now + leaseMs },
    { repeat: 'twice' },
  );
  return rows.map(({ key }) => String(key));
}

/** Whether the job was under this lease; it is then gone, or waits where it was asked for again. */
export function finishJob(session: Session, { key, fence }: Lease): Promise<boolean> {
  return changed(session.all(FINISH_JOB, { ackKey: key, ackFence: fence, ackDone: 1 }, TWICE));
}

/** Whether the job was under this lease; it then waits for `runAt`, or is parked as dead. */
export function releaseJob(
  session: Session,
  { key, fence, runAt, error }: Parameters<JobStore['releaseJob']>[0],
): Promise<boolean> {
  const text = error?.slice(0, MAX_ERROR_LENGTH) ?? null;
  return changed(session.all(RELEASE_JOB, { key, fence, runAt, error: text }, TWICE));
}

async function changed(asked: ReturnType<Session['all']>): Promise<boolean> {
  const [row] = await asked;
  return Number(row?.['changed'] ?? 0) > 0;
}
