import type { JobDeps } from '../deps.ts';
import { expireRequest } from './expire-request.ts';
import { deliverCard } from './deliver-card.ts';
import { executeRequest } from './execute-request.ts';
import { tellOutcome } from './tell-outcome.ts';
import type { Turn } from '../ports/notifier.ts';
import type { Job } from '../ports/job-store.ts';

/**
 * What became of a job: done up to a revision, acknowledged already by a commit of its own, to be
 * tried again (`tried` false: nothing was tried, so that it counts as no failure), or given up.
 */
export type JobResult =
  | { readonly done: number }
  | { readonly acknowledged: true }
  | { readonly retryAtMs: number | null; readonly error: string; readonly tried?: boolean }
  | { readonly dead: string };

/** What a worker offers to the job that it runs. */
export type JobContext = Omit<Turn, 'dueAt'>;

/** Carries out one job. Faults are thrown; the relay tries those again with growing rests. */
export function runJob(deps: JobDeps, job: Job, context: JobContext): Promise<JobResult> {
  switch (job.kind) {
    case 'card':
      return deliverCard(deps, job, context);
    case 'notify':
      return tellOutcome(deps, job, context);
    case 'execute':
      return executeRequest(deps, job);
    case 'expire':
      return expireRequest(deps, job);
  }
}
