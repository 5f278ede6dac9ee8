import { applyCommand } from '../requests/apply-command.ts';
import type { AppContext } from '../app-context.ts';
import type { JobResult } from './job-handler.ts';
import type { Job } from '../ports/job-store.ts';

/** Expires a request that was not decided in time; does nothing if it has ended. */
export async function expireRequest(deps: AppContext, job: Job): Promise<JobResult> {
  const applied = await applyCommand(deps, { id: job.about.id, command: { type: 'expire' } });
  if (applied.kind === 'refused' && applied.request.state === 'pending') {
    return { notBefore: applied.request.expiresAt, why: 'not expired yet' };
  }
  return 'done';
}
