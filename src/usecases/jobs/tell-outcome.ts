import { escapeMarkdown } from '../../lib/escape-markdown.ts';
import type { Request } from '../../domain/request/request.ts';
import type { JobDeps } from '../deps.ts';
import { DeliveryError } from '../ports/ports.ts';
import type { JobResult } from './run-job.ts';
import { tryLater } from './try-later.ts';
import type { Job } from '../ports/store.ts';

/** Tells the requester, in the personal chat, how the request ended. */
export async function tellOutcome(deps: JobDeps, job: Job): Promise<JobResult> {
  const request = await deps.store.loadRequest(job.requestId);
  if (!request) return { dead: 'the request is not there' };
  const { tenant, objectId } = request.requester;
  if (tenant === null || objectId === null) return { done: 0 };
  try {
    await deps.notifier.tell({ tenantId: tenant, objectId }, outcomeText(request));
    return { done: 0 };
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    if (error.gone) return { dead: error.message };
    return tryLater(deps, error);
  }
}

function outcomeText(request: Request): string {
  const detail = request.outcome ? ` ${escapeMarkdown(request.outcome.message)}` : '';
  const title = escapeMarkdown(request.title);
  return `Request ${request.number} (${title}) is **${request.state}**.${detail}`;
}
