import { requestDigest } from './digest.ts';
import type { DigestSubject } from './digest.ts';
import type { EventBody } from '../events/catalogue.ts';
import { checkFields } from '../workflow/fields.ts';
import { mayRequest, saysNothing } from '../people/authority.ts';
import { refOf } from '../people/principal.ts';
import type { Principal } from '../people/principal.ts';
import { refuse } from '../refusal.ts';
import type { Ruling } from '../refusal.ts';
import type { Arrival, PlannedExecution, PlannedStage, Request } from './request.ts';
import type { FieldCondition, FieldValue, StageSpec, Workflow } from '../workflow/workflow.ts';

export const MAX_REASON_LENGTH = 1_000;

/** What is asked, by whom, and what would apply it. */
export interface Submission {
  readonly id: string;
  readonly workflow: Workflow;
  readonly requester: Principal;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly reason: string | null;
  readonly execution: PlannedExecution;
  /** Where it was asked, for the record. */
  readonly channel: Arrival;
}

/** Rules on a submission and makes the request: pending, version 1, its first stage open. */
export function submit(
  submission: Submission,
  now: number,
): Ruling<{ request: Request; events: readonly EventBody[] }> {
  const { workflow, requester, reason } = submission;
  const allowed = mayRequest(workflow, requester);
  if (!allowed.ok) return allowed;
  const checked = checkFields(workflow, submission.fields);
  if (!checked.ok) return checked;
  if (reason !== null && (reason.length > MAX_REASON_LENGTH || !reason.isWellFormed())) {
    return refuse('reason_too_long', { max: MAX_REASON_LENGTH });
  }
  const planned = planStages(workflow, requester, checked.fields);
  if (!planned.ok) return planned;
  const ref = refOf(requester);
  const digest = requestDigest({
    requestId: submission.id,
    workflow: workflow.id,
    workflowVersion: workflow.version,
    requester: ref.key,
    beneficiary: ref.key,
    reason,
    fields: checked.fields,
    execution: submission.execution,
    ...demandsOf(planned.stages),
  });
  const request: Request = {
    id: submission.id,
    number: 0,
    version: 1,
    state: 'pending',
    workflow: workflow.id,
    workflowVersion: workflow.version,
    title: workflow.title,
    requester: ref,
    beneficiary: ref,
    requestedWith: requester.token,
    fields: checked.fields,
    reason,
    plan: {
      stages: planned.stages,
      execution: submission.execution,
      channel: workflow.channel,
      fields: workflow.fields.map(({ id, label, type }) => ({ id, label, type })),
      ...(workflow.singleUse === undefined ? {} : { singleUse: workflow.singleUse }),
      ...(workflow.recheckRoles === undefined ? {} : { recheckRoles: workflow.recheckRoles }),
    },
    digest,
    stagesOpenedAt: [1],
    decisions: [],
    outcome: null,
    createdAt: now,
    updatedAt: now,
    expiresAt: now + workflow.expireMs,
  };
  return { ok: true, request, events: [submittedEvent(request, submission)] };
}

/** What the audit log keeps of a submission: with the id all that the digest is over, and more. */
function submittedEvent(request: Request, { requester, channel }: Submission): EventBody {
  const { workflow, workflowVersion, digest, reason, fields, plan, requester: ref } = request;
  return {
    type: 'request.submitted',
    requestId: request.id,
    actor: ref.key,
    data: {
      workflow,
      workflowVersion,
      digest,
      requester: ref.key,
      beneficiary: request.beneficiary.key,
      reason,
      fields,
      execution: plan.execution,
      stages: plan.stages,
      token: requester.token,
      proof: requester.proof ?? null,
      roles: requester.roles,
      channel,
      ...(ref.aliases === undefined ? {} : { requesterAliases: ref.aliases }),
    },
  };
}

/** What the stages demand of a sign-in, for the digest; nothing where none demands anything. */
function demandsOf(stages: readonly PlannedStage[]): Pick<DigestSubject, 'stepUp'> {
  const stepUp = stages.flatMap(({ name, stepUp: demand }) =>
    demand ? [{ stage: name, ...demand }] : [],
  );
  return stepUp.length > 0 ? { stepUp } : {};
}

/** The stages that apply to these fields, with the requester's claims put in. */
function planStages(
  workflow: Workflow,
  requester: Principal,
  fields: Readonly<Record<string, FieldValue>>,
): Ruling<{ stages: readonly PlannedStage[] }> {
  const stages: PlannedStage[] = [];
  for (const spec of workflow.stages) {
    if (spec.when !== null && !holds(spec.when, fields)) continue;
    const where = resolveWhere(spec, requester);
    if (where === undefined) {
      return refuse('claim_unavailable', { stage: spec.name, claim: spec.where?.claim ?? '' });
    }
    stages.push({
      name: spec.name,
      roles: spec.roles,
      where,
      quorum: spec.quorum,
      ...(spec.stepUp ? { stepUp: spec.stepUp } : {}),
    });
  }
  if (stages.length === 0) {
    return refuse('no_stage_applies', { workflow: workflow.id });
  }
  return { ok: true, stages };
}

/** The condition with its value; null where there is none, undefined where the claim is missing. */
function resolveWhere(spec: StageSpec, requester: Principal): PlannedStage['where'] | undefined {
  if (spec.where === null) return null;
  const { claim, equals } = spec.where;
  if ('value' in equals) return { claim, value: equals.value };
  const own = Object.hasOwn(requester.claims, equals.requesterClaim)
    ? requester.claims[equals.requesterClaim]
    : undefined;
  return own === undefined || saysNothing(own) ? undefined : { claim, value: own };
}

/** Whether a condition on a field holds; a field without a value satisfies none. */
export function holds(
  condition: FieldCondition,
  fields: Readonly<Record<string, FieldValue>>,
): boolean {
  const value = Object.hasOwn(fields, condition.field) ? fields[condition.field] : undefined;
  if (value === undefined) return false;
  if (condition.in !== null && !condition.in.includes(value)) return false;
  return condition.over === null || (typeof value === 'number' && value > condition.over);
}
