import { evidenceAge } from '../domain/request/evidence.ts';
import type { PrincipalRef } from '../domain/people/principal.ts';
import { openStage } from '../domain/request/request.ts';
import type { Decision, PlannedExecution, Request } from '../domain/request/request.ts';
import { shownFields, shownValue } from '../domain/request/shown-fields.ts';
import type { Workflow } from '../domain/workflow/workflow.ts';
import { toTimestamp } from '../lib/clock.ts';
import { isoDuration } from '../lib/iso-duration.ts';
import type { Answer, decisionSchema, requestSchema, workflowSchema } from './openapi/schemas.ts';

type StageState = Answer<typeof requestSchema>['stages'][number]['state'];

/** A request as the API shows it (contracts.md): times RFC 3339 UTC, durations ISO 8601. */
export function requestJson(request: Request, publicUrl: string): Answer<typeof requestSchema> {
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
    stages: request.plan.stages.map((stage, at) => ({
      name: stage.name,
      quorum: stage.quorum,
      state: stageState(request, at),
      decisions: request.decisions
        .filter(({ stage: index }) => index === at)
        .map((decision) => decisionJson(decision, request)),
    })),
    execution: executionJson(request.plan.execution),
    digest: request.digest,
    createdAt: toTimestamp(request.createdAt),
    updatedAt: toTimestamp(request.updatedAt),
    expiresAt: toTimestamp(request.expiresAt),
    outcome:
      request.outcome === null ? null : { ...request.outcome, at: toTimestamp(request.outcome.at) },
    url: `${publicUrl}/v1/requests/${request.id}`,
  };
}

/** What the executor would do; the digest covers it, so whoever decides by it must see it. */
function executionJson({ executor, kind, target, configHash, durationMs }: PlannedExecution) {
  const duration = durationMs === null ? null : isoDuration(durationMs);
  return { executor, kind, target, configHash, duration };
}

/** A decision; its evidence stays in the audit log. */
export function decisionJson(
  decision: Decision,
  request: Pick<Request, 'recheck'>,
): Answer<typeof decisionSchema> {
  const { asOf, found, stale } = evidenceAge(request, decision);
  return {
    id: decision.id,
    decision: decision.decision,
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

/** A workflow as those see it who may request it. */
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
    stages: workflow.stages.map(({ name, roles, quorum }) => ({ name, roles, quorum })),
    expire: isoDuration(workflow.expireMs),
  };
}

function principalJson({ key, kind, name }: PrincipalRef) {
  return { key, kind, name };
}

/** Where a stage stands: those before the open one were approved, those after it wait. */
function stageState(request: Request, at: number): StageState {
  const open = openStage(request);
  const ended = request.state !== 'pending';
  if (at > open) return ended ? 'closed' : 'waiting';
  if (at < open) return 'approved';
  switch (request.state) {
    case 'pending':
      return 'open';
    case 'denied':
      return 'denied';
    case 'expired':
    case 'cancelled':
      return 'closed';
    default:
      return 'approved';
  }
}
