import type { JobDeps } from '../app-context.ts';
import { DeliveryError } from '../ports/delivery-error.ts';
import type { JobContext, JobResult } from './job-handler.ts';
import { tryLater } from './try-later.ts';
import type { Job } from '../ports/job-store.ts';

/** Notifies the requester of the outcome in the personal chat. */
export async function tellOutcome(
  deps: JobDeps,
  job: Job,
  context: JobContext,
): Promise<JobResult> {
  const request = await deps.store.loadRequest(job.about.id);
  if (!request) return { dead: 'the request is not there' };
  const { number, title, state, outcome } = request;
  const { tenant, objectId } = request.requester;
  if (tenant === null || objectId === null) return 'done';
  try {
    await deps.notifier.tell(
      { tenantId: tenant, objectId },
      { code: 'request_ended', params: { number, title, state }, outcome },
      { ...context, dueAt: job.runAt },
    );
    return 'done';
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    if (error.gone) return { dead: error.message };
    return tryLater(deps, error);
  }
}
