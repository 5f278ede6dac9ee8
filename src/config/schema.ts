import { z } from 'zod';
import {
  durationSchema,
  lineSchema,
  matching,
  nameSchema,
  targetKeys,
  urlSchema,
} from './schema-parts.ts';
import type { ExecutorSection } from './executor-section.ts';
import { proxySchema } from './proxy-section.ts';
import { administrationSchema, identitySchema } from './schema-identity.ts';
import { channelsSchema, teamsSchema } from './schema-teams.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;

const portSchema = z.union([
  z.int().min(0).max(65_535),
  matching(/^\d{1,5}$/, 'a port number').transform(Number),
]);

const pageSchema = lineSchema(2_000);

const storeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sqlite'),
    path: lineSchema(1_000).describe('File of the database, relative to countersign.yaml'),
  }),
  z.strictObject({ kind: z.literal('sqlserver'), connectionString: z.string().min(1) }),
]);

const limitSchema = z.int().min(1).max(1_000_000);

/** So many of one principal, and of all principals of one issuer. */
const limitOf = (principal: number, issuer: number) =>
  z.strictObject({
    principal: limitSchema.default(principal).describe('Of one person or workload'),
    issuer: limitSchema.default(issuer).describe('Of all identities of one issuer together'),
  });

const limitsSchema = z
  .strictObject({
    submissions: limitOf(60, 600).prefault({}).describe('Submissions a minute'),
    lists: limitOf(120, 1_200).prefault({}).describe('Pages of lists a minute, at the API'),
    waits: limitOf(100, 500)
      .extend({
        request: limitSchema.default(10).describe('With the wait token of one request'),
      })
      .prefault({})
      .describe('Long polls at once'),
    address: limitSchema
      .default(600)
      .describe('Requests a minute from one address; with server.trustProxy only'),
    refusals: limitOf(20, 200).prefault({}).describe('Refusals a minute in the audit log'),
  })
  .prefault({})
  .describe('What one principal, and one issuer, may use of each process');

const witnessSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('file'),
    path: lineSchema(1_000).describe('File on another disk or share, relative to countersign.yaml'),
  }),
  z.strictObject({
    kind: z.literal('https'),
    url: urlSchema.describe('POST appends one line, GET answers the newest lines'),
    authorization: lineSchema(4_000)
      .optional()
      .describe('Value of the Authorization header, such as `Bearer ${env:WITNESS_TOKEN}`'),
    ...targetKeys,
  }),
]);

/** countersign.yaml, as a whole; an executor's section is the one of its kind. */
export function configSchema(kinds: readonly ExecutorSection[]) {
  const [first, ...others] = kinds.map(({ schema }) => schema);
  if (first === undefined) throw new Error('no kind of executor is defined');
  const executorSchema = z.discriminatedUnion('kind', [first, ...others]);
  return z.strictObject({
    server: z.strictObject({
      publicUrl: urlSchema
        .refine(isBareUrl, {
          error: 'an absolute URL without a trailing slash and query',
        })
        .describe('Where browsers and Teams reach the service'),
      host: lineSchema(255).default('0.0.0.0'),
      port: portSchema.default(3978).describe('The environment variable PORT wins'),
      trustProxy: z
        .int()
        .min(0)
        .max(10)
        .optional()
        .describe('How many proxies in front append to X-Forwarded-For; default 0'),
      proxy: proxySchema.optional(),
      pages: z
        .strictObject({
          home: pageSchema.optional().describe('Of `/`; default: what this service is'),
          privacy: pageSchema.optional().describe('Of `/privacy`; default: what is stored'),
          terms: pageSchema.optional().describe('Of `/terms`; default: whom to ask'),
        })
        .prefault({})
        .describe('An https address to redirect to, or the path of a text file'),
    }),
    store: storeSchema,
    teams: teamsSchema,
    identity: identitySchema,
    administration: administrationSchema.prefault({}),
    channels: channelsSchema,
    workflows: lineSchema(1_000).describe('Folder of the workflow files').default('./workflows'),
    executors: z.record(nameSchema, executorSchema),
    limits: limitsSchema,
    signing: z.strictObject({
      secret: z.string().min(1).describe('At least 32 random bytes; keys of our own rest on it'),
    }),
    audit: z
      .strictObject({
        origin: lineSchema(200)
          .optional()
          .describe('Name of the audit log in its checkpoints; default: the host of publicUrl'),
        sealEvery: durationSchema({ minMs: SECOND, maxMs: HOUR }).prefault('10s'),
        witness: witnessSchema
          .optional()
          .describe('Where each checkpoint is kept outside the store, so that a cut is found'),
      })
      .prefault({}),
  });
}

export type ConfigInput = z.output<ReturnType<typeof configSchema>>;

/** No trailing slash and no query; another check reports an invalid URL. */
function isBareUrl(text: string): boolean {
  return !URL.canParse(text) || (!text.endsWith('/') && new URL(text).search === '');
}
