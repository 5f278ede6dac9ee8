import { isAdministrator } from '../../domain/people/administration.ts';
import type { Principal } from '../../domain/people/principal.ts';
import { refuse } from '../../domain/refusal.ts';
import type { Refusal } from '../../domain/refusal.ts';
import type { AppContext } from '../app-context.ts';
import type { JobAdminStore, JobState, StoredJob } from '../ports/job-admin-store.ts';

type JobAdminDeps = Pick<AppContext, 'administration' | 'clock' | 'record' | 'signals'> & {
  readonly store: JobAdminStore;
};

export interface ListJobsInput {
  readonly by: Principal;
  readonly states?: readonly JobState[];
  readonly cursor?: string;
  readonly limit: number;
}

export interface JobInput {
  readonly by: Principal;
  readonly key: string;
}

export interface JobRefused {
  readonly kind: 'refused';
  readonly refusal: Refusal;
}

/** The job as it is, or why not. */
export type JobFound = { readonly kind: 'job'; readonly job: StoredJob } | JobRefused;

type JobPage = {
  readonly kind: 'page';
  readonly jobs: readonly StoredJob[];
  readonly cursor: string | null;
};

/** Jobs by key, for an administrator; without `states` those that were given up. */
export async function listJobs(
  { administration, store }: JobAdminDeps,
  { by, states = ['dead', 'undeliverable'], cursor = '', limit }: ListJobsInput,
): Promise<JobPage | JobRefused> {
  if (!isAdministrator(administration, by)) return refused(refuse('not_administrator'));
  const found = await store.listJobs({ states, after: cursor, limit: limit + 1 });
  const jobs = found.slice(0, limit);
  const more = found.length > limit;
  return { kind: 'page', jobs, cursor: more ? (jobs.at(-1)?.key ?? null) : null };
}

/** One job, for an administrator. */
export async function readJob(deps: JobAdminDeps, { by, key }: JobInput): Promise<JobFound> {
  if (!isAdministrator(deps.administration, by)) return refused(refuse('not_administrator'));
  const job = await deps.store.findJob(key);
  return job === undefined ? refused(refuse('job_not_found')) : { kind: 'job', job };
}

/** Tries a job again now, as if it were new: one that was given up, or that rests after a failure. */
export async function retryJob(deps: JobAdminDeps, input: JobInput): Promise<JobFound> {
  const found = await readJob(deps, input);
  if (found.kind === 'refused') return found;
  const { key } = input;
  const now = deps.clock.now();
  const done = await deps.record([event('job.retried', input.by, found.job)], now, (recorded) =>
    deps.store.retryJob({ key, now, recorded }),
  );
  const after = await deps.store.findJob(key);
  if (done) {
    deps.signals.jobsWaiting();
    // It may have ended already.
    return { kind: 'job', job: after ?? { ...found.job, state: 'waiting', error: null } };
  }
  if (after === undefined) return refused(refuse('job_not_found'));
  return refused(refuse('job_not_failed', { job: key, running: after.state === 'running' }));
}

/** Deletes a job that was given up. */
export async function dropJob(deps: JobAdminDeps, input: JobInput): Promise<JobFound> {
  const found = await readJob(deps, input);
  if (found.kind === 'refused') return found;
  const { key } = input;
  const now = deps.clock.now();
  const done = await deps.record([event('job.dropped', input.by, found.job)], now, (recorded) =>
    deps.store.dropJob({ key, recorded }),
  );
  if (done) return found;
  const isGone = (await deps.store.findJob(key)) === undefined;
  return refused(isGone ? refuse('job_not_found') : refuse('job_not_dead', { job: key }));
}

function event<Type extends 'job.retried' | 'job.dropped'>(
  type: Type,
  { key, name, token, roles, proof }: Principal,
  job: StoredJob,
) {
  const { kind, attempts, about } = job;
  return {
    type,
    requestId: about.type === 'request' && job.number !== null ? about.id : null,
    actor: { key, name },
    data: { job: job.key, kind, attempts, token, roles, proof: proof ?? null },
  } as const;
}

function refused({ refusal }: ReturnType<typeof refuse>): JobRefused {
  return { kind: 'refused', refusal };
}
