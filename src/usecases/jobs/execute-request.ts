import { outcomeOf } from '../../domain/outcome.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { Request } from '../../domain/request/request.ts';
import { applyCommand } from '../requests/apply-command.ts';
import type { JobDeps } from '../app-context.ts';
import type { JobResult } from './job-handler.ts';
import { revalidateApprovals } from '../requests/revalidate-approvals.ts';
import type { Revalidation } from '../requests/revalidate-approvals.ts';
import { retryWrite } from '../store-faults.ts';
import type { Job } from '../ports/job-store.ts';

/** How long to repeat failing lookups of roles and claims. */
const LOOK_AGAIN_MS = 100_000;
const LEAST_REST_MS = 10_000;
const MOST_REST_MS = 40_000;

/**
 * Applies an approved request through its executor. Commits `applying` before it sends anything. A
 * request found in `applying` had an interrupted try: it is sent again only if the target drops
 * repeats of the key and is unchanged since the approval; otherwise its outcome is `unknown` and a
 * person must check. If the workflow wants it, every try has its own recheck of the approvers,
 * because the last one may be hours old.
 */
export async function executeRequest(deps: JobDeps, job: Job): Promise<JobResult> {
  const request = await deps.store.loadRequest(job.about.id);
  if (request?.state !== 'approved' && request?.state !== 'applying') return 'done';
  const unsure = request.state === 'applying' ? outcomeOfCut(deps, request) : null;
  if (unsure) return settle(deps, request, 'unknown', unsure);
  const revalidation = request.plan.recheckRoles ? await revalidateApprovals(deps, request) : null;
  if (revalidation?.outcome)
    return stop(deps, request, { ...revalidation, outcome: revalidation.outcome });
  const found = revalidation && { recheck: revalidation.recheck };
  const command =
    request.state === 'approved'
      ? { type: 'begin' as const, configHash: configHash(deps, request), ...found }
      : found && { type: 'recheck' as const, ...found };
  if (!command) return send(deps, job, request);
  const begun = await applyCommand(deps, { id: request.id, command });
  if (!('request' in begun) || begun.request.state !== 'applying') return 'done';
  if (begun.kind === 'stepped') return send(deps, job, begun.request);
  // Another process has the job too (a lease expired) and was first; it may still be interrupted.
  return { retryAtMs: null, error: 'another process is applying it' };
}

/** The outcome of an earlier attempt that may have reached the target; null: it can be repeated. */
function outcomeOfCut(deps: JobDeps, request: Request): Outcome | null {
  const { executor, configHash: planned } = request.plan.execution;
  const at = deps.clock.now();
  if (configHash(deps, request) !== planned) {
    return outcomeOf('executor_changed', { sent: true }, { at });
  }
  return deps.executors.repeatable(executor) ? null : outcomeOf('interrupted', {}, { at });
}

/** Stops for a lost role or claim, or when lookups still fail after the time limit. */
async function stop(
  deps: JobDeps,
  request: Request,
  { outcome, recheck, transient }: Revalidation & { outcome: Outcome },
): Promise<JobResult> {
  const { failingSince = recheck.at } = recheck;
  const failingMs = recheck.at - failingSince;
  if (transient && failingMs < LOOK_AGAIN_MS) {
    // Recorded once: the start of the failure is for every replica and for the card.
    if (request.recheck?.failingSince !== failingSince) {
      await applyCommand(deps, { id: request.id, command: { type: 'recheck', recheck } });
    }
    const restMs = Math.min(MOST_REST_MS, Math.max(LEAST_REST_MS, failingMs));
    // Nothing was sent, so this uses up no try of the executor.
    return { notBefore: deps.clock.now() + restMs, why: describe(outcome) };
  }
  await applyCommand(deps, { id: request.id, command: { type: 'halt', outcome, recheck } });
  return 'done';
}

async function send(deps: JobDeps, job: Job, request: Request): Promise<JobResult> {
  const result = await deps.executors.execute(request, job.attempts);
  if (result.kind !== 'retry') return settle(deps, request, result.kind, result.outcome);
  if (!deps.executors.repeatable(request.plan.execution.executor)) {
    await retryWrite(deps.log, () =>
      applyCommand(deps, {
        id: request.id,
        command: { type: 'hold', outcome: result.outcome },
      }),
    );
  }
  const { retryAfterMs } = result;
  return {
    retryAtMs: retryAfterMs === null ? null : deps.clock.now() + retryAfterMs,
    error: describe(result.outcome),
  };
}

async function settle(
  deps: JobDeps,
  request: Request,
  state: 'applied' | 'failed' | 'unknown',
  outcome: Outcome,
): Promise<JobResult> {
  await retryWrite(deps.log, () =>
    applyCommand(deps, { id: request.id, command: { type: 'settle', state, outcome } }),
  );
  return 'done';
}

/** For operators: the code and the parameters of its sentence. */
function describe({ code, params }: Outcome): string {
  return `${code} ${JSON.stringify(params)}`;
}

function configHash(deps: JobDeps, request: Request): string {
  const { executor } = request.plan.execution;
  return deps.executors.plan(executor, request.fields)?.configHash ?? 'none';
}
