import { eventAbout } from '../events/catalogue.ts';
import type { EventBody } from '../events/catalogue.ts';
import { mayRequest } from '../people/authority.ts';
import { refOf } from '../people/principal.ts';
import type { Principal } from '../people/principal.ts';
import { refuse } from '../refusal.ts';
import type { Ruling } from '../refusal.ts';
import { checkFields, isPersonal } from '../workflow/fields.ts';
import { planStages } from '../workflow/plan.ts';
import type { FieldValue, Workflow } from '../workflow/workflow.ts';
import { requestDigest } from './digest.ts';
import type { Origin, Plan, PlannedExecution, Request } from './request.ts';
import { SYNC_CARDS } from './step.ts';
import type { Step } from './step.ts';

export const MAX_REASON_LENGTH = 1_000;

/** What is asked, by whom, and what would apply it. */
export interface Submission {
  readonly id: string;
  /** 128 random bits, base64url. */
  readonly salt: string;
  readonly workflow: Workflow;
  readonly requester: Principal;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly reason: string | null;
  /** What would be applied for checked fields. */
  readonly planExecution: (fields: Readonly<Record<string, FieldValue>>) => PlannedExecution;
  /** Where it was asked, for the record. */
  readonly origin: Origin;
}

/** Rules on a submission; its step makes the request: pending, version 1. */
export function submit(submission: Submission, now: number): Ruling<{ step: Step }> {
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
  const request = requestOf(submission, { fields: checked.fields, stages: planned.stages, now });
  const events = [submittedEvent(request, submission)];
  return { ok: true, step: { request, decision: null, events, effects: [SYNC_CARDS] } };
}

function requestOf(
  { id, salt, workflow, requester, reason, planExecution }: Submission,
  { fields, stages, now }: Pick<Request, 'fields'> & Pick<Plan, 'stages'> & { now: number },
): Request {
  const ref = refOf(requester);
  const execution = planExecution(fields);
  return {
    id,
    number: 0,
    version: 1,
    state: 'pending',
    workflow: workflow.id,
    workflowVersion: workflow.version,
    title: workflow.title,
    requester: ref,
    beneficiary: ref,
    requestedWith: requester.token,
    fields,
    reason,
    plan: planOf(workflow, { stages, execution }),
    digest: requestDigest({
      requestId: id,
      workflow: workflow.id,
      workflowVersion: workflow.version,
      requester: ref.key,
      beneficiary: ref.key,
      reason,
      fields,
      salt,
      plan: { stages, execution },
    }),
    salt,
    decisions: [],
    outcome: null,
    createdAt: now,
    updatedAt: now,
    expiresAt: now + workflow.expireMs,
  };
}

function planOf(
  workflow: Workflow,
  { stages, execution }: Pick<Plan, 'stages' | 'execution'>,
): Plan {
  const { channel, singleUse, recheckRoles } = workflow;
  return {
    stages,
    execution,
    channel,
    fields: workflow.fields.map((field) => {
      const { id, label, type } = field;
      return { id, label, type, ...(isPersonal(field) ? { personal: true } : {}) };
    }),
    ...(singleUse === undefined ? {} : { singleUse }),
    ...(recheckRoles === undefined ? {} : { recheckRoles }),
  };
}

/** What the audit log keeps of a submission: all that the digest is over but its salt, and more. */
function submittedEvent(request: Request, { requester, origin }: Submission): EventBody {
  const { workflow, workflowVersion, digest, reason, fields, plan, requester: ref } = request;
  const { linkedIdentities, rerun } = ref;
  const personal = new Set(plan.fields.filter((field) => field.personal).map(({ id }) => id));
  const some = (wanted: boolean) =>
    Object.fromEntries(Object.entries(fields).filter(([id]) => personal.has(id) === wanted));
  const data = {
    workflow,
    workflowVersion,
    digest,
    requester: ref.key,
    requesterKind: ref.kind,
    beneficiary: request.beneficiary.key,
    reason,
    fields: some(false),
    personalFields: some(true),
    plan: { stages: plan.stages, execution: plan.execution },
    token: requester.token,
    proof: requester.proof ?? null,
    roles: requester.roles,
    origin,
    ...(linkedIdentities === undefined ? {} : { requesterLinkedIdentities: linkedIdentities }),
    ...(rerun === undefined ? {} : { requesterRerun: rerun }),
  };
  return eventAbout(request, { type: 'request.submitted', by: ref, data });
}
