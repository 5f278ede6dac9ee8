import { REQUEST_STATES } from '../../domain/request/request.ts';
import { schemaRef } from './parts.ts';

type Json = Readonly<Record<string, unknown>>;

const text: Json = { type: 'string' };
const time: Json = { type: 'string', format: 'date-time' };
const whole: Json = { type: 'integer' };
const maybe = (schema: Json): Json => ({ anyOf: [schema, { type: 'null' }] });
const list = (items: Json): Json => ({ type: 'array', items });
const fieldValue: Json = { type: ['string', 'number', 'boolean'] };

function object(properties: Record<string, Json>, optional: readonly string[] = []): Json {
  return {
    type: 'object',
    properties,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
  };
}

/** The schemas that answers refer to. */
export const schemas: Readonly<Record<string, Json>> = {
  Problem: object(
    {
      type: { type: 'string', format: 'uri' },
      title: text,
      status: whole,
      detail: text,
      code: { type: 'string', description: 'Stable; see docs/reference/errors.md' },
      field: { type: 'string', description: 'The field that a refusal is about' },
    },
    ['field'],
  ),
  Principal: object({
    key: { type: 'string', description: 'Provider and subject; identifies' },
    kind: { type: 'string', enum: ['person', 'workload'] },
    name: { type: 'string', description: 'For showing; identifies nobody' },
  }),
  Decision: object({
    id: text,
    decision: { type: 'string', enum: ['approve', 'deny'] },
    approver: schemaRef('Principal'),
    role: text,
    via: { type: 'string', enum: ['teams', 'api'] },
    reason: maybe(text),
    at: time,
    roleAsOf: { ...time, description: 'When the provider last vouched for the role' },
    recheck: maybe({ type: 'string', enum: ['held', 'lost', 'unknown'] }),
    stale: {
      type: 'boolean',
      description: 'The role was old at the decision, or is not confirmed since',
    },
  }),
  Stage: object({
    name: text,
    quorum: whole,
    state: { type: 'string', enum: ['waiting', 'open', 'approved', 'denied', 'closed'] },
    decisions: list(schemaRef('Decision')),
  }),
  Execution: object({
    executor: text,
    kind: text,
    target: { type: 'string', description: 'Without secrets' },
    configHash: { type: 'string', description: "SHA-256 of the executor's configuration" },
    duration: maybe({ type: 'string', description: 'ISO 8601' }),
  }),
  Outcome: object({ code: text, message: text, reference: maybe(text), at: time }),
  Request: object({
    id: text,
    number: whole,
    workflow: text,
    workflowVersion: text,
    title: text,
    state: { type: 'string', enum: [...REQUEST_STATES] },
    version: { type: 'integer', description: 'Rises with every change; a card calls it revision' },
    requester: schemaRef('Principal'),
    beneficiary: schemaRef('Principal'),
    fields: {
      type: 'object',
      additionalProperties: fieldValue,
      description: 'Durations in ISO 8601',
    },
    reason: maybe(text),
    stages: list(schemaRef('Stage')),
    execution: schemaRef('Execution'),
    digest: { type: 'string', description: 'SHA-256 of everything that is decided about' },
    createdAt: time,
    updatedAt: time,
    expiresAt: time,
    outcome: maybe(schemaRef('Outcome')),
    url: { type: 'string', format: 'uri' },
  }),
  SubmittedRequest: {
    allOf: [
      schemaRef('Request'),
      object({
        waitToken: { type: 'string', description: 'Reads this one request, to wait for its end' },
      }),
    ],
  },
  RequestList: object({ requests: list(schemaRef('Request')), cursor: maybe(text) }),
  DecisionAnswer: object({
    request: schemaRef('Request'),
    decision: maybe(schemaRef('Decision')),
  }),
  Workflow: object({
    id: text,
    version: text,
    title: text,
    description: maybe(text),
    keywords: list(text),
    fields: list({ type: 'object' }),
    stages: list({ type: 'object' }),
    expire: text,
  }),
  WorkflowList: object({ workflows: list(schemaRef('Workflow')) }),
  Jwks: object({ keys: list({ type: 'object' }) }),
  Health: object({ status: text }),
  Readiness: object({
    ok: { type: 'boolean' },
    checks: { type: 'object', additionalProperties: text },
  }),
};
