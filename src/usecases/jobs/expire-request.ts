import { applyCommand } from '../requests/apply-command.ts';
import type { Deps } from '../deps.ts';
import type { JobResult } from './run-job.ts';
import type { Job } from '../ports/job-store.ts';

/** Ends a request that nobody decided in time; one that has ended already stays as it is. */
export async function expireRequest(deps: Deps, job: Job): Promise<JobResult> {
  const applied = await applyCommand(deps, { id: job.requestId, command: { type: 'expire' } });
  if (applied.kind === 'refused' && applied.request.state === 'pending') {
    return { retryAtMs: applied.request.expiresAt, error: 'not expired yet' };
  }
  return { done: 0 };
}
