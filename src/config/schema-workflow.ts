import { z } from 'zod';
import { FIELD_TYPES } from '../domain/workflow/workflow.ts';
import {
  claimSchema,
  durationSchema,
  lineSchema,
  matching,
  nameSchema,
  roleSchema,
  uniqueList,
} from './schema-parts.ts';

/** Names in the data of a form besides the fields. */
const RESERVED = ['workflow', 'v', 'verb', 'msteams'];
const FIELD_ID = /^[a-z][A-Za-z0-9_-]{0,39}$/;
const fieldIdSchema = matching(
  FIELD_ID,
  'a field id: a lower-case letter, then letters, digits, _ -',
);

const scalarSchema = z.union([z.string().max(2_000), z.number(), z.boolean()]);

const fieldSchema = z.strictObject({
  id: fieldIdSchema.refine((id) => !RESERVED.includes(id), {
    error: `another id: ${RESERVED.join(', ')} are taken by the cards themselves`,
  }),
  label: lineSchema(60).optional().describe('Default: made from the id'),
  type: z.enum(FIELD_TYPES),
  required: z.boolean().default(false),
  choices: uniqueList(lineSchema(100), 50).min(1).optional().describe('For type choice'),
  pattern: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('For text: a regular expression that the whole value must match'),
  maxLength: z
    .int()
    .min(1)
    .max(4_000)
    .optional()
    .describe('For text and multiline; default 200 and 2,000'),
  min: z.union([z.number(), z.string()]).optional().describe('For number and duration'),
  max: z.union([z.number(), z.string()]).optional().describe('For number and duration'),
  default: scalarSchema.optional(),
  personal: z
    .boolean()
    .optional()
    .describe('Whether its values can be erased; default: for text and multiline'),
});

/** One word: `acr_values` is a list with spaces between the contexts. */
const contextSchema = matching(/^[\x21-\x7e]{1,200}$/, 'a word without spaces');

const stageSchema = z.strictObject({
  name: lineSchema(60),
  roles: uniqueList(roleSchema, 20).min(1).describe('Roles of which one is needed to decide'),
  where: z
    .strictObject({
      claim: claimSchema,
      equals: z
        .union([scalarSchema, uniqueList(z.string(), 20)])
        .describe('A value, or $requester.<claim>'),
    })
    .optional(),
  when: z
    .strictObject({
      field: fieldIdSchema,
      in: z.array(scalarSchema).min(1).max(50).optional(),
      over: z.union([z.number(), z.string()]).optional(),
    })
    .refine((when) => when.in !== undefined || when.over !== undefined, {
      error: '`in` or `over`',
    })
    .optional()
    .describe('The stage is asked only where this holds'),
  quorum: z.int().min(1).max(20).default(1).describe('How many people must approve'),
  stepUp: z
    .strictObject({
      acr: uniqueList(contextSchema, 10)
        .min(1)
        .optional()
        .describe('Authentication contexts of which the sign-in must have one'),
      amr: uniqueList(contextSchema, 10)
        .min(1)
        .optional()
        .describe('Methods that the sign-in must have used, all of them'),
      maxAge: durationSchema({ minMs: 10_000, maxMs: 86_400_000 })
        .optional()
        .describe('How long ago the person may have signed in'),
    })
    .refine((stepUp) => Object.values(stepUp).some((part) => part !== undefined), {
      error: '`acr`, `amr` or `maxAge`',
    })
    .optional()
    .describe('What is demanded of the sign-in behind a decision'),
});

const workloadSchema = z
  .object({ issuer: nameSchema })
  .catchall(
    z.union([
      lineSchema(300),
      z.number(),
      z.boolean(),
      uniqueList(z.union([lineSchema(300), z.number(), z.boolean()]), 50).min(1),
    ]),
  )
  .describe('An issuer and the claims that its token must carry; of a list, one');

/** A workflow file. */
export const workflowSchema = z.strictObject({
  workflow: nameSchema.describe('Id of the workflow'),
  title: lineSchema(100),
  description: z.string().min(1).max(1_000).optional(),
  keywords: uniqueList(lineSchema(40), 20).default([]),
  fields: z.array(fieldSchema).max(30).default([]),
  request: z.strictObject({
    roles: uniqueList(roleSchema, 20).default([]).describe('Roles of people who may ask'),
    workloads: z.array(workloadSchema).max(50).default([]).describe('Pipelines that may ask'),
    agents: z
      .boolean()
      .default(false)
      .describe('Whether agents may ask too, by the same roles and rules; they never decide'),
    reruns: z
      .boolean()
      .default(false)
      .describe('Whether runs that were started again may ask, although nobody proves by whom'),
  }),
  stages: z.array(stageSchema).min(1).max(10),
  notify: z.strictObject({ channel: nameSchema }),
  timing: z
    .strictObject({
      expire: durationSchema({ minMs: 60_000, maxMs: 30 * 86_400_000 }).prefault('24h'),
    })
    .prefault({}),
  execute: z.strictObject({
    use: nameSchema.describe('Name of an executor'),
    recheckRoles: z
      .boolean()
      .default(false)
      .describe('Run only if those who approved still have role and claim of their stage then'),
  }),
  singleUse: z
    .enum(['workloads', 'everybody', 'nobody'])
    .default('workloads')
    .describe('Whose bearer tokens make a request, or decide one by the API, only once'),
});

export type WorkflowInput = z.output<typeof workflowSchema>;
export type FieldInput = WorkflowInput['fields'][number];
