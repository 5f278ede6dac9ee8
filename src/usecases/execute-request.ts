import type { Outcome, Request } from '../domain/request.ts';
import { applyCommand } from './apply-command.ts';
import type { JobDeps } from './deps.ts';
import type { JobResult } from './run-job.ts';
import { recheckRoles } from './recheck-roles.ts';
import type { RecheckResult } from './recheck-roles.ts';
import { insist } from './store-faults.ts';
import type { Job } from './store-ports.ts';

/** How often roles are asked for while their provider does not answer: in all about 2 minutes. */
const RECHECK_TRIES = 5;
const RECHECK_REST_MS = 10_000;

/**
 * Applies an approved request through its executor. `applying` is committed before anything is
 * sent. Found in `applying`, an earlier try was cut off: it is sent again only where the target
 * drops repeats of the same key and is still the one that was approved; else its outcome is
 * `unknown` and a person has to look.
 */
export async function executeRequest(deps: JobDeps, job: Job): Promise<JobResult> {
  const request = await deps.store.loadRequest(job.requestId);
  if (request?.state === 'applying') return resume(deps, job, request);
  if (request?.state !== 'approved') return { done: 0 };
  const looked = request.plan.recheckRoles ? await recheckRoles(deps, request) : undefined;
  if (looked?.outcome) return stop(deps, job, request, looked);
  const begun = await applyCommand(deps, {
    id: request.id,
    command: {
      type: 'begin', configHash: configHash(deps, request),
      ...(looked === undefined ? {} : { recheck: looked.recheck }),
    },
  });
  if (begun.kind === 'stepped' && begun.request.state === 'applying') {
    return send(deps, job, begun.request);
  }
  // Two had the job (a lease ran out) and the other was first: it may still be cut off.
  if (begun.kind === 'refused' && begun.request.state === 'applying') {
    return { retryAtMs: null, error: 'another process is applying it' };
  }
  return { done: 0 };
}

/** Somebody who approved lost the role, or nobody can tell even after asking a few times. */
async function stop(
  deps: JobDeps, job: Job, request: Request, { outcome, recheck, passing }: RecheckResult,
): Promise<JobResult> {
  if (outcome === null) return { done: 0 };
  if (passing && job.attempts < RECHECK_TRIES) {
    return {
      retryAtMs: deps.clock.now() + job.attempts * RECHECK_REST_MS,
      error: `${outcome.code}: ${outcome.message}`,
    };
  }
  await applyCommand(deps, { id: request.id, command: { type: 'stop', outcome, recheck } });
  return { done: 0 };
}

/** An earlier try may have reached the target. */
async function resume(deps: JobDeps, job: Job, request: Request): Promise<JobResult> {
  const unknown = (code: string, message: string) => settle(deps, request, 'unknown', {
    code, message, reference: null, at: deps.clock.now(),
  });
  if (configHash(deps, request) !== request.plan.execution.configHash) {
    return unknown('executor_changed',
      'The executor\'s configuration was changed while it was being applied. Look at the target.');
  }
  if (!deps.executors.repeatable(request.plan.execution.executor)) {
    return unknown('interrupted',
      'The service stopped while it was being applied. Look at the target.');
  }
  return send(deps, job, request);
}

async function send(deps: JobDeps, job: Job, request: Request): Promise<JobResult> {
  const result = await deps.executors.execute(request, job.attempts);
  if (result.kind !== 'retry') return settle(deps, request, result.kind, result.outcome);
  if (!deps.executors.repeatable(request.plan.execution.executor)) {
    await insist(deps.log, () => applyCommand(deps, {
      id: request.id, command: { type: 'hold', outcome: result.outcome },
    }));
  }
  const { retryAfterMs } = result;
  return {
    retryAtMs: retryAfterMs === null ? null : deps.clock.now() + retryAfterMs,
    error: `${result.outcome.code}: ${result.outcome.message}`,
  };
}

async function settle(
  deps: JobDeps,
  request: Request,
  state: 'applied' | 'failed' | 'unknown',
  outcome: Outcome,
): Promise<JobResult> {
  await insist(deps.log, () =>
    applyCommand(deps, { id: request.id, command: { type: 'settle', state, outcome } }));
  return { done: 0 };
}

function configHash(deps: JobDeps, request: Request): string {
  return deps.executors.plan(request.plan.execution.executor)?.configHash ?? 'none';
}
