import { CLOUDS } from './clouds.ts';
import type { GroupLookupConfig, IssuerConfig, TeamsConfig } from './config.ts';
import { resolveCredential } from './resolve-teams.ts';
import type { ConfigInput } from './schema.ts';
import type { IssuerInput } from './schema-identity.ts';

const MINUTE_MS = 60_000;
const V1_ISSUER = /^https:\/\/sts\.[a-z.]+\/[^/]+\/$/;

type Input<Kind extends IssuerInput['kind']> = Extract<IssuerInput, { kind: Kind }>;
type Pipeline = 'github' | 'gitlab' | 'azure-devops';

/** What their tokens have in common; rules may use these claims without listing them. */
const PIPELINES: Readonly<
  Record<
    Pipeline,
    Pick<IssuerConfig, 'claims' | 'nameClaim' | 'keyClaims' | 'actorClaim' | 'attemptClaim'>
  >
> = {
  github: {
    claims: [
      'repository',
      'repository_id',
      'repository_owner',
      'repository_owner_id',
      'environment',
      'ref',
      'ref_type',
      'event_name',
      'job_workflow_ref',
      'workflow',
      'actor',
      'actor_id',
      'sha',
      'run_id',
      'run_attempt',
    ],
    nameClaim: 'repository',
    // After a rename or deletion somebody else can take a repository's name, but not its ids.
    keyClaims: ['repository_owner_id', 'repository_id'],
    actorClaim: 'actor_id',
    attemptClaim: 'run_attempt',
  },
  gitlab: {
    claims: [
      'sub',
      'namespace_id',
      'namespace_path',
      'project_id',
      'project_path',
      'ref',
      'ref_type',
      'ref_path',
      'ref_protected',
      'environment',
      'environment_protected',
      'deployment_tier',
      'pipeline_source',
      'ci_config_ref_uri',
      'user_id',
      'user_login',
      'sha',
      'pipeline_id',
      'job_id',
    ],
    nameClaim: 'project_path',
    keyClaims: ['namespace_id', 'project_id'],
    actorClaim: 'user_id',
  },
  // Tokens of Azure Pipelines name no person.
  'azure-devops': {
    claims: [
      'sub',
      'org_id',
      'prj_id',
      'def_id',
      'rpo_id',
      'rpo_uri',
      'rpo_ref',
      'rpo_ver',
      'run_id',
    ],
    nameClaim: 'sub',
  },
};

/** The issuers with the presets of their kind: Entra needs only tenant and audience. */
export function resolveIssuers(
  input: ConfigInput,
  bot: TeamsConfig,
  folder: string,
): IssuerConfig[] {
  return input.identity.issuers.map((issuer) => {
    switch (issuer.kind) {
      case 'entra':
        return entraIssuer(issuer, input.teams.cloud, { bot, folder });
      case 'oidc':
        return oidcIssuer(issuer);
      default:
        return pipelineIssuer(issuer);
    }
  });
}

function entraIssuer(
  input: Input<'entra'>,
  cloud: ConfigInput['teams']['cloud'],
  { bot, folder }: { bot: TeamsConfig; folder: string },
): IssuerConfig {
  const loginUrl = withoutSlash(bot.cloud.loginUrl);
  const tenants = input.tenants ?? (input.tenant === undefined ? [] : [input.tenant]);
  const authority = tenants.length === 1 ? tenants[0] : 'organizations';
  const issuer = input.issuer ?? `${loginUrl}/{tenantid}/v2.0`;
  // The v1.0 document has other keys and another issuer than the v2.0 document.
  const version = V1_ISSUER.test(issuer) ? '' : '/v2.0';
  const { groupLookup } = input;
  const graphUrl = typeof cloud === 'string' ? CLOUDS[cloud].graphUrl : '';
  return {
    ...commonOf(input, { maxAgeMs: 90 * MINUTE_MS, claims: [] }),
    kind: 'entra',
    issuer,
    discoveryUrl: input.discoveryUrl ?? discoveryOf(`${loginUrl}/${authority}${version}`),
    use: input.use,
    tenants,
    roles: input.roles?.map(roleSourceOf) ?? [{ claim: 'roles', map: null }],
    teams: { objectIdClaim: 'oid', tenantClaim: 'tid' },
    nameClaim: input.nameClaim,
    agents: input.agents,
    groupLookup: groupLookup && lookupOf(groupLookup, { graphUrl, loginUrl, bot, cloud, folder }),
  };
}

/** The look-up with the bot's registration as its default. */
function lookupOf(
  { graphUrl, clientId, credential, as, claims }: NonNullable<Input<'entra'>['groupLookup']>,
  preset: {
    graphUrl: string;
    loginUrl: string;
    bot: TeamsConfig;
    cloud: ConfigInput['teams']['cloud'];
    folder: string;
  },
): GroupLookupConfig {
  const { appId, credential: own } = preset.bot;
  return {
    graphUrl: withoutSlash(graphUrl ?? preset.graphUrl),
    loginUrl: preset.loginUrl,
    clientId: clientId ?? appId,
    credential:
      credential === undefined ? own : resolveCredential({ ...preset, credential, appId }),
    as,
    claims,
  };
}

function pipelineIssuer(input: Input<Pipeline>): IssuerConfig {
  const preset = PIPELINES[input.kind];
  const issuer = pipelineUrl(input);
  return {
    ...preset,
    ...commonOf(input, { maxAgeMs: 15 * MINUTE_MS, claims: preset.claims }),
    kind: 'oidc',
    issuer,
    discoveryUrl: discoveryOf(issuer),
    use: ['workloads'],
    tenants: [],
    roles: input.roles?.map(roleSourceOf) ?? [],
    teams: null,
  };
}

function pipelineUrl(input: Input<Pipeline>): string {
  if (input.kind === 'azure-devops') return `https://vstoken.dev.azure.com/${input.organization}`;
  return input.issuer ?? 'https://token.actions.githubusercontent.com';
}

function oidcIssuer(input: Input<'oidc'>): IssuerConfig {
  return {
    ...commonOf(input, { maxAgeMs: 60 * MINUTE_MS, claims: [] }),
    kind: 'oidc',
    issuer: input.issuer,
    discoveryUrl: input.discoveryUrl ?? discoveryOf(input.issuer),
    use: input.use,
    tenants: [],
    roles: input.roles?.map(roleSourceOf) ?? [],
    teams: input.teams ?? null,
    nameClaim: input.nameClaim,
    actorClaim: input.actorClaim,
    ...(input.audienceClaim === 'client_id' ? { audienceClaim: input.audienceClaim } : {}),
    ...(input.furtherAudiences.length > 0 ? { furtherAudiences: input.furtherAudiences } : {}),
    accessTokenIssuer: input.accessTokenIssuer,
    attemptClaim: input.attemptClaim,
  };
}

function commonOf(input: IssuerInput, defaults: { maxAgeMs: number; claims: readonly string[] }) {
  return {
    id: input.id,
    audiences: input.audience,
    algorithms: input.algorithms,
    maxAgeMs: input.maxAge ?? defaults.maxAgeMs,
    clockToleranceMs: input.clockTolerance,
    claims: [...new Set([...defaults.claims, ...(input.claims ?? [])])],
  };
}

/** A path of one name is that name; of the default shape nothing is kept. */
function roleSourceOf({
  claim,
  path,
  shape,
  ...source
}: NonNullable<IssuerInput['roles']>[number]): IssuerConfig['roles'][number] {
  return {
    ...source,
    claim: path?.join('.') ?? claim ?? '',
    ...(path !== undefined && path.length > 1 ? { path } : {}),
    ...(shape === 'list' ? {} : { shape }),
  };
}

function discoveryOf(issuer: string): string {
  return `${withoutSlash(issuer)}/.well-known/openid-configuration`;
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}
