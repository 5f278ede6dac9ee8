import { z } from 'zod';
import { CARD_STATES } from '../../domain/request/cards.ts';
import { REQUEST_STATES } from '../../domain/request/state.ts';
import { FIELD_TYPES } from '../../domain/workflow/workflow.ts';
import { JOB_STATES } from '../../usecases/ports/job-admin-store.ts';

/** The type of an answer, as code that builds it sees it. */
export type Answer<Schema extends z.ZodType> = Frozen<z.output<Schema>>;

type Frozen<Value> = Value extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: Frozen<Value[Key]> }
    : Value;

const time = z.string().meta({ format: 'date-time' });
const url = z.string().meta({ format: 'uri' });
const duration = z.string().describe('ISO 8601');
const fieldValue = z.union([z.string(), z.number(), z.boolean()]);

/** The path parameters of a route about one request. */
export const requestPath = z.object({ id: z.string().max(64).describe('Id of a request') });

export const problemSchema = z
  .object({
    type: url,
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('Stable; see docs/reference/errors.md'),
    field: z.string().optional().describe('The field that a refusal is about'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

const principalSchema = z
  .object({
    key: z.string().describe('Provider and subject; identifies'),
    kind: z.enum(['person', 'workload', 'agent']),
    name: z.string().describe('For display; identifies nobody'),
    rerun: z
      .literal(true)
      .optional()
      .describe('A run that was started again; its token does not prove by whom'),
  })
  .meta({ id: 'Principal' });

export const decisionSchema = z
  .object({
    id: z.string(),
    stage: z.string().describe('Id of the stage'),
    word: z.enum(['approve', 'deny', 'withdraw']),
    nth: z.int().describe('Numbers the words of this person on this stage'),
    approver: principalSchema,
    role: z.string(),
    via: z.enum(['teams', 'api']),
    reason: z.string().nullable(),
    at: time,
    roleAsOf: time.describe('When the provider last vouched for the role'),
    recheck: z.enum(['held', 'lost', 'unknown']).nullable(),
    stale: z.boolean().describe('The role was old at the decision, or is not confirmed since'),
  })
  .meta({ id: 'Decision' });

const stageSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    after: z.array(z.string()).describe('Ids of the stages that must be approved before'),
    state: z.enum(['waiting', 'open', 'approved', 'denied', 'closed']),
    seats: z.object({ filled: z.int(), of: z.int() }),
    decisions: z.array(decisionSchema),
  })
  .meta({ id: 'Stage' });

const executionSchema = z
  .object({
    executor: z.string(),
    kind: z.string(),
    target: z.string().describe('Without secrets'),
    configHash: z.string().describe("SHA-256 of the executor's configuration"),
    duration: duration.nullable(),
  })
  .meta({ id: 'Execution' });

const outcomeSchema = z
  .object({ code: z.string(), message: z.string(), reference: z.string().nullable(), at: time })
  .meta({ id: 'Outcome' });

export const requestSchema = z
  .object({
    id: z.string(),
    number: z.int(),
    workflow: z.string(),
    workflowVersion: z.string(),
    title: z.string(),
    state: z.enum(REQUEST_STATES),
    version: z.int().describe('Rises with every change; a card calls it revision'),
    requester: principalSchema,
    beneficiary: principalSchema,
    fields: z.record(z.string(), fieldValue).describe('Durations in ISO 8601'),
    reason: z.string().nullable(),
    stages: z.array(stageSchema),
    execution: executionSchema,
    digest: z.string().describe('SHA-256 of everything that is decided about'),
    salt: z.string().nullable().describe('Salt of the digest; null once a person was erased'),
    createdAt: time,
    updatedAt: time,
    expiresAt: time,
    outcome: outcomeSchema.nullable(),
    url,
  })
  .meta({ id: 'Request' });

const cardSchema = z
  .object({
    channel: z.string().nullable().describe('A configured channel; null: a chat'),
    state: z
      .enum(CARD_STATES)
      .exclude(['posting'])
      .describe(
        '`waiting`: Teams refuses the channel; `undeliverable`: its last change was refused',
      ),
    revision: z.int().describe('The version of the request that it shows; 0: not known'),
  })
  .meta({ id: 'Card' });

export const requestWithCardsSchema = requestSchema
  .extend({ cards: z.array(cardSchema).describe('The copies of its card in Teams') })
  .meta({ id: 'RequestWithCards' });

export const submittedSchema = requestSchema
  .extend({ waitToken: z.string().describe('Reads this one request, to wait for its end') })
  .meta({ id: 'SubmittedRequest' });

export const requestListSchema = z
  .object({ requests: z.array(requestSchema), cursor: z.string().nullable() })
  .meta({ id: 'RequestList' });

export const decisionAnswerSchema = z
  .object({
    request: requestSchema,
    decision: decisionSchema.nullable(),
    counted: z.boolean().describe('False: the word changed nothing'),
  })
  .meta({ id: 'DecisionAnswer' });

export const jobPath = z.object({ id: z.string().max(200).describe('Id of a job') });

export const jobSchema = z
  .object({
    id: z.string(),
    kind: z.string().describe('What it does, such as `card` or `execute`'),
    state: z.enum(JOB_STATES),
    about: z.object({ type: z.string(), id: z.string() }),
    number: z.int().nullable().describe('Number of the request that it is about'),
    attempts: z.int(),
    dueAt: time.nullable().describe('When it is tried next, or its lease ends; null: never'),
    reason: z.string().nullable().describe('Why the last attempt failed'),
  })
  .meta({ id: 'Job' });

export const jobListSchema = z
  .object({ jobs: z.array(jobSchema), cursor: z.string().nullable() })
  .meta({ id: 'JobList' });

export const workflowSchema = z
  .object({
    id: z.string(),
    version: z.string().describe('SHA-256 of what the file says'),
    title: z.string(),
    description: z.string().nullable(),
    keywords: z.array(z.string()),
    fields: z.array(
      z.object({
        id: z.string(),
        label: z.string(),
        type: z.enum(FIELD_TYPES),
        required: z.boolean(),
        choices: z.array(z.string()).optional().describe('Of the type choice alone'),
        pattern: z.string().nullable().describe('A regular expression for the whole text'),
        min: fieldValue.nullable(),
        max: fieldValue.nullable(),
        default: fieldValue.nullable(),
      }),
    ),
    stages: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        roles: z.array(z.string()),
        quorum: z.int(),
      }),
    ),
    expire: duration,
  })
  .meta({ id: 'Workflow' });

export const workflowListSchema = z
  .object({ workflows: z.array(workflowSchema) })
  .meta({ id: 'WorkflowList' });

export const jwksSchema = z
  .object({ keys: z.array(z.looseObject({ kty: z.string() })) })
  .meta({ id: 'Jwks', description: 'RFC 7517' });

export const healthSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });

export const readinessSchema = z
  .object({ ok: z.boolean(), checks: z.record(z.string(), z.string()) })
  .meta({ id: 'Readiness' });
