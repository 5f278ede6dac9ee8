import { isAuditor } from './administration.ts';
import type { Administration } from './administration.ts';
import { claimWithValue } from './claim-value.ts';
import { samePerson } from './principal.ts';
import type { ClaimValue, Principal, PrincipalRef } from './principal.ts';
import { refuse } from '../refusal.ts';
import type { Ruling } from '../refusal.ts';
import type { PlannedStage, Request, Seat } from '../request/request.ts';
import { seatsOf } from '../request/seats.ts';
import type { Workflow, WorkloadRule } from '../workflow/workflow.ts';

/** Whether this principal may ask for this workflow. */
export function mayRequest(workflow: Workflow, principal: Principal): Ruling<object> {
  const { roles, workloads, agents, reruns } = workflow.request;
  if (principal.kind === 'agent' && agents !== true) {
    return refuse('agent_not_allowed', { workflow: workflow.id });
  }
  const byRole =
    principal.kind !== 'workload' && roles.some((role) => principal.roles.includes(role));
  const byRule =
    principal.kind !== 'person' && workloads.some((rule) => matchesWorkload(rule, principal));
  if (byRole || byRule) {
    if (principal.rerun !== true || reruns === true) return { ok: true };
    return refuse('rerun_unproven', { workflow: workflow.id });
  }
  return refuse('requester_not_allowed', {
    workflow: workflow.id,
    workload: principal.kind === 'workload' ? principal.name : null,
    roles,
    held: principal.roles,
  });
}

/**
 * Whether no rule of any workflow names a principal: a workload that no rule fits, or somebody
 * outside the directory that Teams knows who has none of the roles. A public issuer has any number
 * of them.
 */
export function isStranger(workflows: readonly Workflow[], principal: Principal): boolean {
  if (principal.objectId !== null) return false;
  return !workflows.some(({ request, stages }) => {
    const roles = [...request.roles, ...stages.flatMap((stage) => stage.roles)];
    return (
      roles.some((role) => principal.roles.includes(role)) ||
      request.workloads.some((rule) => matchesWorkload(rule, principal))
    );
  });
}

/**
 * Which seats of a stage a principal may fill, and by which role. Refused where there is none; the
 * refusal is about the first seat that comes nearest: a role without the claim, else the role.
 */
export function mayDecideStage(
  stage: PlannedStage,
  principal: Pick<Principal, 'roles' | 'claims'>,
): Ruling<{ role: string; seats: readonly number[] }> {
  const all = seatsOf(stage);
  const allowed = all.flatMap((seat, at) => {
    const role = roleFor(seat, principal);
    return role !== undefined && claimHolds(seat, principal) ? [{ at, role }] : [];
  });
  const [first] = allowed;
  if (first) return { ok: true, role: first.role, seats: allowed.map(({ at }) => at) };
  const near = all.find((seat) => roleFor(seat, principal) !== undefined);
  return near?.where ? claimMismatch(stage, near.where, principal) : roleMissing(stage, principal);
}

function roleFor(seat: Seat, { roles }: Pick<Principal, 'roles'>): string | undefined {
  return seat.roles.find((name) => roles.includes(name));
}

function claimHolds({ where }: Seat, { claims }: Pick<Principal, 'claims'>): boolean {
  if (where === null) return true;
  const own = claimWithValue(claims, where.claim);
  return own !== undefined && claimEquals(own, where.value);
}

function roleMissing(stage: PlannedStage, principal: Pick<Principal, 'roles'>) {
  const roles = [...new Set(seatsOf(stage).flatMap((seat) => seat.roles))];
  return refuse('role_missing', { stage: stage.name, roles, held: principal.roles });
}

function claimMismatch(
  stage: PlannedStage,
  { claim, value }: NonNullable<Seat['where']>,
  { claims }: Pick<Principal, 'claims'>,
) {
  const own = claimWithValue(claims, claim);
  return refuse('claim_mismatch', {
    stage: stage.name,
    claim,
    wanted: String(value),
    own: own === undefined ? null : String(own),
  });
}

/** Whether a principal is of the kind that decides: a person. */
export function mayEverDecide({ kind }: Pick<PrincipalRef, 'kind'>): Ruling<object> {
  if (kind === 'person') return { ok: true };
  return kind === 'agent' ? refuse('approver_is_agent') : refuse('approver_not_person');
}

/** Whether a principal may decide anything on a request: a person who did not ask for it. */
export function mayDecideAny(request: Request, principal: PrincipalRef): Ruling<object> {
  const human = mayEverDecide(principal);
  if (!human.ok) return human;
  const askers = [request.requester, request.beneficiary];
  if (!askers.some((asker) => samePerson(asker, principal))) return { ok: true };
  return refuse('own_request', { linked: !askers.some(({ key }) => key === principal.key) });
}

/** Whether a principal is an approver of a request: a person who decided it, or may decide a stage. */
export function isApprover(request: Request, principal: Principal): boolean {
  if (!mayDecideAny(request, principal).ok) return false;
  return (
    request.decisions.some(({ approver }) => samePerson(approver, principal)) ||
    request.plan.stages.some((stage) => mayDecideStage(stage, principal).ok)
  );
}

/** Whether somebody asked for a request or is the one it is for. */
export function isAsker(request: Request, principal: PrincipalRef): boolean {
  return request.requester.key === principal.key || request.beneficiary.key === principal.key;
}

/**
 * Whether a principal may read a request: its requester and beneficiary, those who decided or may
 * decide any of its stages, and auditors. For everybody else it does not exist.
 */
export function mayRead(
  request: Request,
  principal: Principal,
  administration: Administration,
): boolean {
  if (isAsker(request, principal)) return true;
  if (principal.kind !== 'person') return false;
  if (isAuditor(administration, principal)) return true;
  if (request.decisions.some((decision) => decision.approver.key === principal.key)) return true;
  return request.plan.stages.some((stage) => mayDecideStage(stage, principal).ok);
}

function matchesWorkload(rule: WorkloadRule, principal: Principal): boolean {
  if (rule.issuer !== principal.provider) return false;
  const wanted = Object.entries(rule.claims);
  return (
    wanted.length > 0 &&
    wanted.every(([claim, value]) => {
      const own = Object.hasOwn(principal.claims, claim) ? principal.claims[claim] : undefined;
      if (own === undefined || Array.isArray(own)) return false;
      return typeof value === 'string' ? String(own) === value : value.includes(String(own));
    })
  );
}

function claimEquals(own: ClaimValue, wanted: ClaimValue): boolean {
  if (Array.isArray(own) || Array.isArray(wanted)) {
    return JSON.stringify(own) === JSON.stringify(wanted);
  }
  return own === wanted;
}
