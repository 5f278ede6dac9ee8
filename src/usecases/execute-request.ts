import type { Outcome, Request } from '../domain/request.ts';
import { applyCommand } from './apply-command.ts';
import type { JobDeps } from './deps.ts';
import type { JobResult } from './run-job.ts';
import type { Job } from './store-ports.ts';

/**
 * Applies an approved request through its executor. `applying` is committed before anything is
 * sent. Found in `applying`, an earlier try was cut off: it is sent again only where the target
 * drops repeats of the same key, else its outcome is `unknown` and a person has to look.
 */
export async function executeRequest(deps: JobDeps, job: Job): Promise<JobResult> {
  const request = await begun(deps, job.requestId);
  if (!request) return { done: 0 };
  const repeatable = deps.executors.repeatable(request.plan.execution.executor);
  if (request.cutOff && !repeatable) {
    return settle(deps, request, 'unknown', {
      code: 'interrupted',
      message: 'The service stopped while it was being applied. Look at the target.',
      reference: null,
      at: deps.clock.now(),
    });
  }
  const result = await deps.executors.execute(request, job.attempts);
  if (result.kind !== 'retry') return settle(deps, request, result.kind, result.outcome);
  if (!repeatable) {
    await applyCommand(deps, {
      id: request.id, command: { type: 'hold', outcome: result.outcome },
    });
  }
  const { retryAfterMs } = result;
  return {
    retryAtMs: retryAfterMs === null ? null : deps.clock.now() + retryAfterMs,
    error: `${result.outcome.code}: ${result.outcome.message}`,
  };
}

/** The request in `applying`, and whether an earlier try left it so; undefined: nothing to do. */
async function begun(
  deps: JobDeps,
  id: string,
): Promise<(Request & { cutOff: boolean }) | undefined> {
  const request = await deps.store.loadRequest(id);
  if (request?.state === 'applying') return { ...request, cutOff: true };
  if (request?.state !== 'approved') return undefined;
  const planned = deps.executors.plan(request.plan.execution.executor);
  const applied = await applyCommand(deps, {
    id, command: { type: 'begin', configHash: planned?.configHash ?? 'none' },
  });
  if (applied.kind !== 'stepped' || applied.request.state !== 'applying') return undefined;
  return { ...applied.request, cutOff: false };
}

async function settle(
  deps: JobDeps,
  request: Request,
  state: 'applied' | 'failed' | 'unknown',
  outcome: Outcome,
): Promise<JobResult> {
  await applyCommand(deps, { id: request.id, command: { type: 'settle', state, outcome } });
  return { done: 0 };
}
