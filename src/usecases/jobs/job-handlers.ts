import type { JobDeps } from '../app-context.ts';
import type { Job, JobKind, Lane } from '../ports/job-store.ts';
import { applyCommand } from '../requests/apply-command.ts';
import { deliverCard } from './deliver-card.ts';
import { executeRequest } from './execute-request.ts';
import type { JobHandler, JobResult } from './job-handler.ts';
import { sendReply } from './send-reply.ts';
import { tellRequester } from './tell-requester.ts';

export type JobHandlers = { readonly [Kind in JobKind]: JobHandler<Kind> };

/** Failures before a job is parked as dead: more than an hour of growing delays. */
const MAX_ATTEMPTS = 30;

/** The handlers of all kinds of jobs. */
export function jobHandlers(deps: JobDeps): JobHandlers {
  const handler = <Kind extends JobKind>(
    kind: Kind,
    lane: Lane,
    work: (deps: JobDeps, ...job: Parameters<JobHandler<Kind>['run']>) => Promise<JobResult>,
  ): JobHandler<Kind> => ({
    kind,
    lane,
    maxAttempts: MAX_ATTEMPTS,
    run: (job, context) => (isOfRequest(job) ? work(deps, job, context) : subjectUnknown(job)),
  });
  return {
    card: handler('card', 'delivery', deliverCard),
    notify: handler('notify', 'delivery', tellRequester),
    reply: {
      kind: 'reply',
      lane: 'delivery',
      maxAttempts: MAX_ATTEMPTS,
      run: (job, context) => sendReply(deps, job, context),
    },
    execute: handler('execute', 'execution', executeRequest),
    expire: handler('expire', 'timer', expireRequest),
  };
}

function isOfRequest({ about }: Job): boolean {
  return about.type === 'request';
}

/** A newer version may leave such a job: kept for it, as one of an unknown kind is. */
function subjectUnknown({ kind, about }: Job): Promise<JobResult> {
  const error = `no job of kind ${kind} about a ${about.type} is known`;
  return Promise.resolve({ retryAtMs: null, error });
}

/** Expires a request that was not decided in time; does nothing if it has ended. */
async function expireRequest(deps: JobDeps, job: Job): Promise<JobResult> {
  const applied = await applyCommand(deps, { id: job.about.id, command: { type: 'expire' } });
  if (applied.kind === 'refused' && applied.request.state === 'pending') {
    return { notBefore: applied.request.expiresAt, why: 'not expired yet' };
  }
  return 'done';
}
