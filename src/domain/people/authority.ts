import { isAuditor } from './administration.ts';
import type { Administration } from './administration.ts';
import { samePerson } from './principal.ts';
import type { ClaimValue, Principal, PrincipalRef } from './principal.ts';
import { refuse } from '../refusal.ts';
import type { Ruling } from '../refusal.ts';
import { openStage } from '../request/request.ts';
import type { PlannedStage, Request } from '../request/request.ts';
import type { Workflow, WorkloadRule } from '../workflow/workflow.ts';

/** Whether this principal may ask for this workflow. */
export function mayRequest(workflow: Workflow, principal: Principal): Ruling<object> {
  if (principal.kind === 'workload') {
    if (workflow.request.workloads.some((rule) => matchesWorkload(rule, principal))) {
      return { ok: true };
    }
  } else if (workflow.request.roles.some((role) => principal.roles.includes(role))) {
    return { ok: true };
  }
  return refuse('requester_not_allowed', {
    workflow: workflow.id,
    workload: principal.kind === 'workload' ? principal.name : null,
    roles: workflow.request.roles,
    held: principal.roles,
  });
}

/** Whether a principal satisfies the role and claim rules of a stage, and by which role. */
export function mayDecideStage(
  stage: PlannedStage,
  principal: Pick<Principal, 'roles' | 'claims'>,
): Ruling<{ role: string }> {
  const role = stage.roles.find((name) => principal.roles.includes(name));
  if (role === undefined) {
    const held = principal.roles;
    return refuse('role_missing', { stage: stage.name, roles: stage.roles, held });
  }
  if (stage.where !== null) {
    const { claim, value } = stage.where;
    const own = Object.hasOwn(principal.claims, claim) ? principal.claims[claim] : undefined;
    const absent = own === undefined || saysNothing(own);
    if (absent || !claimEquals(own, value)) {
      return refuse('claim_mismatch', {
        stage: stage.name,
        claim,
        wanted: String(value),
        own: absent ? null : String(own),
      });
    }
  }
  return { ok: true, role };
}

/** Whether a principal may decide a request's open stage: a person, not the asker, in the role. */
export function mayDecide(request: Request, principal: Principal): Ruling<{ role: string }> {
  if (principal.kind !== 'person') {
    return refuse('approver_not_person');
  }
  const askers = [request.requester, request.beneficiary];
  if (askers.some((asker) => samePerson(asker, principal))) {
    return refuse('own_request', { linked: !askers.some(({ key }) => key === principal.key) });
  }
  const stage = request.plan.stages[openStage(request)];
  if (stage === undefined) {
    const { number, state } = request;
    return refuse('request_closed', { number, state });
  }
  return mayDecideStage(stage, principal);
}

/** Whether somebody asked for a request or is the one it is for. */
export function isAsker(request: Request, principal: PrincipalRef): boolean {
  return request.requester.key === principal.key || request.beneficiary.key === principal.key;
}

/**
 * Whether a principal may read a request: its requester and beneficiary, those who decided or may
 * decide any of its stages, and auditors. Everybody else is told that it does not exist.
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

/** An empty claim is no claim: two people without a department do not share one. */
export function saysNothing(value: ClaimValue): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0);
}

function claimEquals(own: ClaimValue, wanted: ClaimValue): boolean {
  if (Array.isArray(own) || Array.isArray(wanted)) {
    return JSON.stringify(own) === JSON.stringify(wanted);
  }
  return own === wanted;
}
