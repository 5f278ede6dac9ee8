import type { PrincipalRef } from '../domain/people/principal.ts';
import type { PlannedExecution, Request } from '../domain/request/request.ts';
import type { Card } from '../domain/request/cards.ts';
import type { Outcome } from '../domain/outcome.ts';
import { shownFields, shownValue } from '../domain/request/shown-fields.ts';
import type { Workflow } from '../domain/workflow/workflow.ts';
import { requestView } from '../domain/views/request-view.ts';
import type { DecisionView } from '../domain/views/request-view.ts';
import { en } from '../text/en.ts';
import { failureText, outcomeText } from '../text/text.ts';
import { toTimestamp } from '../lib/clock.ts';
import { isoDuration } from '../lib/duration.ts';
import type { StoredJob } from '../usecases/ports/job-admin-store.ts';
import type {
  Answer,
  decisionSchema,
  jobSchema,
  requestSchema,
  workflowSchema,
} from './openapi/schemas.ts';

/** A request as the API shows it: times RFC 3339 in UTC, durations ISO 8601. */
export function requestJson(request: Request, publicUrl: string): Answer<typeof requestSchema> {
  const { stages } = requestView(request, null, request.createdAt);
  return {
    id: request.id,
    number: request.number,
    workflow: request.workflow,
    workflowVersion: request.workflowVersion,
    title: request.title,
    state: request.state,
    version: request.version,
    requester: principalJson(request.requester),
    beneficiary: principalJson(request.beneficiary),
    fields: shownFields(request),
    reason: request.reason,
    stages: stages.map(({ stage, status, filled, of, decisions }) => ({
      id: stage.id,
      name: stage.name,
      after: stage.after,
      state: status,
      seats: { filled, of },
      decisions: decisions.map(decisionJson),
    })),
    execution: executionJson(request.plan.execution),
    digest: request.digest,
    salt: request.salt,
    createdAt: toTimestamp(request.createdAt),
    updatedAt: toTimestamp(request.updatedAt),
    expiresAt: toTimestamp(request.expiresAt),
    outcome: request.outcome === null ? null : outcomeJson(request.outcome),
    url: `${publicUrl}/v1/requests/${request.id}`,
  };
}

/** A job as an administrator sees it. */
export function jobJson(job: StoredJob): Answer<typeof jobSchema> {
  const { key: id, kind, state, about, number, attempts, dueAt, error } = job;
  return {
    id,
    kind,
    state,
    about: { type: about.type, id: about.id },
    number,
    attempts,
    dueAt: dueAt === null ? null : toTimestamp(dueAt),
    reason: error === null ? null : failureText(en, error),
  };
}

/** A copy of the card, without the ids of its message: those of a chat are personal. */
export function cardJson({ channel, state, postedRevision }: Card) {
  return { channel, state, revision: postedRevision };
}

function outcomeJson(outcome: Outcome) {
  const { code, reference, at } = outcome;
  return { code, message: outcomeText(en, outcome), reference, at: toTimestamp(at) };
}

/** What the executor will do. The digest covers it, so approvers must see it. */
function executionJson({ executor, kind, target, configHash, durationMs }: PlannedExecution) {
  const duration = durationMs === null ? null : isoDuration(durationMs);
  return { executor, kind, target, configHash, duration };
}

/** A decision; its evidence stays in the audit log. */
export function decisionJson({ decision, age }: DecisionView): Answer<typeof decisionSchema> {
  const { asOf, found, stale } = age;
  return {
    id: decision.id,
    stage: decision.stage,
    word: decision.word,
    nth: decision.nth,
    approver: principalJson(decision.approver),
    role: decision.evidence.role,
    via: decision.evidence.via,
    reason: decision.reason,
    at: toTimestamp(decision.at),
    roleAsOf: toTimestamp(asOf),
    recheck: found,
    stale,
  };
}

/** A workflow, for those who may request it. */
export function workflowJson(workflow: Workflow): Answer<typeof workflowSchema> {
  return {
    id: workflow.id,
    version: workflow.version,
    title: workflow.title,
    description: workflow.description,
    keywords: workflow.keywords,
    fields: workflow.fields.map((field) => ({
      id: field.id,
      label: field.label,
      type: field.type,
      required: field.required,
      ...(field.type === 'choice' ? { choices: field.choices } : {}),
      pattern: field.pattern,
      min: field.min === null ? null : shownValue(field.min, field.type),
      max: field.max === null ? null : shownValue(field.max, field.type),
      default: field.default === null ? null : shownValue(field.default, field.type),
    })),
    stages: workflow.stages.map(({ id, name, roles, quorum }) => ({ id, name, roles, quorum })),
    expire: isoDuration(workflow.expireMs),
  };
}

function principalJson({ key, kind, name, rerun }: PrincipalRef) {
  return { key, kind, name, ...(rerun === undefined ? {} : { rerun }) };
}
