import { teamsIdsOf } from '../../domain/people/principal.ts';
import type { Outcome } from '../../domain/outcome.ts';
import { approvalsOf, recheckOutcome, revalidateApproval } from '../../domain/request/recheck.ts';
import type { HeldNow } from '../../domain/request/recheck.ts';
import type { Decision, Recheck, Request } from '../../domain/request/request.ts';
import { seatsOf } from '../../domain/request/seats.ts';
import { stageById } from '../../domain/request/stages.ts';
import { describeError } from '../../lib/logger.ts';
import type { JobDeps } from '../app-context.ts';
import type { AskedAbout } from '../ports/claims-refresher.ts';

/** Concurrent look-ups. */
const AT_ONCE = 10;

/** The result of the check of the people who approved. */
export interface Revalidation {
  readonly recheck: Recheck;
  /** Why the request must not run; null: all approvals still hold. */
  readonly outcome: Outcome | null;
  /** Whether asking again in a moment may give a result. */
  readonly transient: boolean;
}

/**
 * Looks up whether everybody who approved still has a role of the stage and the claim that it
 * requires. A lost one stops the execution. So does one that cannot be confirmed, because the
 * workflow requires evidence of this moment.
 */
export async function revalidateApprovals(deps: JobDeps, request: Request): Promise<Revalidation> {
  const approvals = approvalsOf(request);
  const now = await heldByAll(deps, askedAbout(request, approvals));
  const found = approvals.map((approval) => {
    const held = now.get(approval.approver.key);
    return revalidateApproval(request, approval, held === 'fault' ? undefined : held);
  });
  const at = deps.clock.now();
  const lost = found.some((one) => one.found === 'lost');
  const transient = !lost && [...now.values()].includes('fault');
  const since = request.recheck?.failingSince ?? at;
  const recheck = { at, people: found, ...(transient ? { failingSince: since } : {}) };
  return { recheck, transient, outcome: recheckOutcome(request, recheck) };
}

/** Each approver once, with the claims of all stages that they approved. */
function askedAbout(request: Request, approvals: readonly Decision[]): readonly AskedAbout[] {
  const people = new Map<string, AskedAbout>();
  for (const { approver, stage, evidence } of approvals) {
    const before = people.get(approver.key);
    const planned = stageById(request, stage);
    const claims = planned ? seatsOf(planned).flatMap(({ where }) => where?.claim ?? []) : [];
    people.set(approver.key, {
      person: approver,
      teams:
        before?.teams ??
        teamsIdsOf(approver) ??
        (evidence.via === 'teams' ? teamsIdsOf(evidence) : null),
      claims: [...new Set([...(before?.claims ?? []), ...claims])],
    });
  }
  return [...people.values()];
}

type Found = HeldNow | undefined | 'fault';

async function heldByAll(
  deps: JobDeps,
  people: readonly AskedAbout[],
): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>();
  for (let from = 0; from < people.length; from += AT_ONCE) {
    await Promise.all(
      people.slice(from, from + AT_ONCE).map(async (asked) => {
        const { key } = asked.person;
        try {
          found.set(key, await deps.refresher?.heldNow(asked));
        } catch (error) {
          deps.log.warn('roles and claims were not looked up', { error: describeError(error) });
          found.set(key, 'fault');
        }
      }),
    );
  }
  return found;
}
