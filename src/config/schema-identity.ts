import { z } from 'zod';
import {
  claimSchema,
  durationSchema,
  guidSchema,
  lineSchema,
  matching,
  nameSchema,
  roleSchema,
  uniqueList,
  urlSchema,
} from './schema-parts.ts';
import { lookupCredentialSchema } from './schema-teams.ts';

/** Asymmetric signatures only: no shared keys, never `none`. */
export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

const MINUTE = 60_000;

/** One or several, as a list. */
const toList = (given: string | string[]) => (typeof given === 'string' ? [given] : given);

const ROLE_SHAPES = ['list', 'keys', 'blanks', 'commas', 'json'] as const;

const rolePathSchema = z
  .union([
    matching(
      /^[^.\s]+(\.[^.\s]+)+$/,
      'names with dots between, such as realm_access.roles',
    ).transform((path) => path.split('.')),
    z.array(lineSchema(120)).min(1).max(5),
  ])
  .describe('The way to a nested claim: names with dots between, or a list of names');

const roleSourceSchema = z.strictObject({
  claim: claimSchema.optional().describe('The claim; or use path'),
  path: rolePathSchema.optional(),
  shape: z
    .enum(ROLE_SHAPES)
    .default('list')
    .describe(
      'list: one text or a list of texts; keys: the keys of an object; blanks, commas: one text ' +
        'to be split there; json: a JSON list in a text',
    ),
  organizations: uniqueList(lineSchema(200), 100)
    .min(1)
    .optional()
    .describe('With keys: a key counts only where its object has one of these members'),
  map: z
    .record(z.string().min(1), z.union([roleSchema, uniqueList(roleSchema, 50)]).transform(toList))
    .optional()
    .transform((map) => map ?? null)
    .describe('Value of the claim → role or roles; without a map the value is the role'),
  tenants: uniqueList(guidSchema, 100)
    .min(1)
    .optional()
    .describe('Tenants whose tokens it reads; required where the issuer has several'),
});

const groupLookupSchema = z.strictObject({
  as: z
    .enum(['application', 'person'])
    .default('application')
    .describe('Whose permission at Microsoft Graph is used'),
  clientId: guidSchema.optional().describe('The registration that asks; default: teams.appId'),
  credential: lookupCredentialSchema
    .optional()
    .describe("Of that registration, or a managed identity; default: the bot's"),
  graphUrl: urlSchema.optional().describe('Default: Microsoft Graph of the cloud'),
  claims: z
    .record(
      claimSchema,
      matching(
        /^[A-Za-z][A-Za-z0-9_]{0,119}(\.[A-Za-z][A-Za-z0-9_]{0,119})?$/,
        'a property of a user at Microsoft Graph, such as department',
      ),
    )
    .default({})
    .describe('Claim → property of the user at Microsoft Graph that holds the same'),
});

const common = {
  id: nameSchema.describe('The provider id, part of every identity of this issuer: never reuse'),
  audience: z
    .union([lineSchema(300), uniqueList(lineSchema(300), 10).min(1)])
    .transform(toList)
    .describe('What `aud` must be; one of a list'),
  algorithms: uniqueList(z.enum(ALGORITHMS), 10).min(1).default(['RS256']),
  maxAge: durationSchema({ minMs: MINUTE, maxMs: 24 * 60 * MINUTE })
    .optional()
    .describe('How old a token may be; default 90m for entra, 1h for oidc, 15m for others'),
  clockTolerance: durationSchema({ minMs: 0, maxMs: 5 * MINUTE }).prefault('30s'),
  roles: z.array(roleSourceSchema).max(20).optional(),
  claims: uniqueList(claimSchema, 50).optional().describe('Claims that rules may use'),
};

const entraSchema = z.strictObject({
  kind: z.literal('entra'),
  ...common,
  tenant: guidSchema.optional().describe('The one trusted tenant (or use tenants)'),
  tenants: uniqueList(guidSchema, 100).min(1).optional(),
  use: uniqueList(z.enum(['people', 'workloads']), 2)
    .min(1)
    .default(['people']),
  issuer: lineSchema(500)
    .optional()
    .describe('Exact `iss`, may hold {tenantid}; default: the v2 issuer of the cloud'),
  discoveryUrl: urlSchema.optional(),
  nameClaim: claimSchema.default('name'),
  agents: z
    .enum(['claims', 'graph', 'ignore'])
    .default('claims')
    .describe(
      'How agents are told from people: facets of the token, also the directory, not at all',
    ),
  groupLookup: groupLookupSchema
    .optional()
    .describe('Looks groups up that a token does not list because there are too many'),
});

const oidcSchema = z.strictObject({
  kind: z.literal('oidc'),
  ...common,
  issuer: urlSchema.describe('Exact `iss`'),
  discoveryUrl: urlSchema.optional().describe('Default: <issuer>/.well-known/openid-configuration'),
  use: uniqueList(z.enum(['people', 'workloads']), 2).min(1),
  audienceClaim: z
    .enum(['aud', 'client_id'])
    .default('aud')
    .describe('client_id: names the audience of access tokens without `aud` (Amazon Cognito)'),
  furtherAudiences: uniqueList(lineSchema(300), 50)
    .default([])
    .describe('What `aud` of an ID token may name beside teams.signIn.clientId (Zitadel)'),
  accessTokenIssuer: urlSchema
    .optional()
    .describe('Exact `iss` of access tokens, where it differs from `issuer` (ADFS)'),
  teams: z
    .strictObject({ objectIdClaim: claimSchema, tenantClaim: claimSchema })
    .optional()
    .describe('Claims that name the person as Teams does; needed to decide in Teams'),
  nameClaim: claimSchema.default('name'),
  actorClaim: claimSchema
    .optional()
    .describe("The claim of a workload's token that names the human who started it"),
  attemptClaim: claimSchema
    .optional()
    .describe(
      'The claim that numbers the attempts of a run from 1, where actorClaim names the first starter',
    ),
});

const githubSchema = z.strictObject({
  kind: z.literal('github').describe('GitHub Actions: tokens of workflow runs'),
  ...common,
  issuer: urlSchema.optional().describe('Of an enterprise of its own; default: that of github.com'),
});

const gitlabSchema = z.strictObject({
  kind: z.literal('gitlab').describe('GitLab CI/CD: ID tokens of jobs'),
  ...common,
  issuer: urlSchema.default('https://gitlab.com').describe('Address of the instance'),
});

const azureDevOpsSchema = z.strictObject({
  kind: z.literal('azure-devops').describe('Azure Pipelines: tokens of runs'),
  ...common,
  organization: guidSchema.describe("Id of the organization, as it stands in the tokens' iss"),
});

const linkedSchema = z
  .union([
    z.strictObject({ issuer: nameSchema, tenant: guidSchema, objectId: guidSchema }),
    z.strictObject({ issuer: nameSchema, subject: lineSchema(1_000) }),
    z.strictObject({
      issuer: nameSchema,
      actor: z.union([lineSchema(200), z.int().min(0)]).transform(String),
    }),
  ])
  .describe('An identity: by tenant and object id, by subject, or as the starter of workloads');

const sessionSchema = z
  .strictObject({
    idle: durationSchema({ minMs: MINUTE, maxMs: 30 * 24 * 60 * MINUTE })
      .prefault('8h')
      .describe('Without a click for this long, a session has ended'),
    absolute: durationSchema({ minMs: MINUTE, maxMs: 90 * 24 * 60 * MINUTE })
      .prefault('24h')
      .describe('A session ends this long after its sign-in'),
    maxClaimAge: durationSchema({ minMs: 30_000, maxMs: 24 * 60 * MINUTE })
      .prefault('15m')
      .describe('How old claims may be at a click before they are fetched again'),
    sliding: z
      .boolean()
      .default(true)
      .describe('A click moves the idle limit; else it is counted from the sign-in'),
  })
  .transform(({ idle, absolute, maxClaimAge, sliding }) => ({
    idleMs: idle,
    absoluteMs: absolute,
    maxClaimAgeMs: maxClaimAge,
    sliding,
  }));

/** The section `identity`. */
export const identitySchema = z.strictObject({
  issuers: z
    .array(
      z.discriminatedUnion('kind', [
        entraSchema,
        oidcSchema,
        githubSchema,
        gitlabSchema,
        azureDevOpsSchema,
      ]),
    )
    .min(1)
    .max(20),
  roles: z
    .record(
      roleSchema,
      z.strictObject({
        implies: uniqueList(roleSchema, 50)
          .default([])
          .describe('Roles that this one brings with it'),
      }),
    )
    .default({}),
  dpop: z
    .strictObject({
      nonce: z
        .boolean()
        .default(false)
        .describe('Proofs must carry a nonce of ours, so that none can be made for later'),
    })
    .prefault({}),
  links: z
    .array(
      z.strictObject({
        name: lineSchema(200).optional().describe('Who it is, for the reader of this file'),
        identities: z.array(linkedSchema).min(2).max(20),
      }),
    )
    .max(10_000)
    .default([])
    .describe('Identities of one person: whoever asked as one of them cannot decide as another'),
  session: sessionSchema
    .optional()
    .describe('Leave it out to sign in at every click; needs teams.signIn'),
});

/** The section `administration`. */
export const administrationSchema = z.strictObject({
  issuers: uniqueList(nameSchema, 20)
    .default([])
    .describe('Issuers for people whose roles count below'),
  roles: uniqueList(roleSchema, 50).default([]).describe('Roles of administrators'),
  auditorRoles: uniqueList(roleSchema, 50)
    .default([])
    .describe('Roles of auditors, who read every request'),
});

export type RoleShapeInput = (typeof ROLE_SHAPES)[number];
export type LinkedInput = z.output<typeof linkedSchema>;
export type SessionInput = z.output<typeof sessionSchema>;
export type IssuerInput = z.output<typeof identitySchema>['issuers'][number];
