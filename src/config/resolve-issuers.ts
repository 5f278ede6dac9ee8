import { CLOUDS } from './clouds.ts';
import type { GroupLookupConfig, IssuerConfig, TeamsConfig } from './config.ts';
import { resolveCredential } from './resolve-teams.ts';
import type { ConfigInput } from './schema.ts';
import type { IssuerInput } from './schema-identity.ts';

const MINUTE_MS = 60_000;
const V1_ISSUER = /^https:\/\/sts\.[a-z.]+\/[^/]+\/$/;

/** Claims of a GitHub Actions token that rules may use without listing them. */
const GITHUB_CLAIMS = [
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
] as const;

/** The same for tokens of GitLab jobs and of Azure Pipelines runs. */
const GITLAB_CLAIMS = [
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
] as const;
const AZURE_DEVOPS_CLAIMS = [
  'sub',
  'org_id',
  'prj_id',
  'def_id',
  'rpo_id',
  'rpo_uri',
  'rpo_ref',
  'rpo_ver',
  'run_id',
] as const;

/** The issuers with the presets of their kind: Entra needs only tenant and audience. */
export function resolveIssuers(input: ConfigInput, bot: TeamsConfig['credential']): IssuerConfig[] {
  return input.identity.issuers.map((issuer) => {
    switch (issuer.kind) {
      case 'entra':
        return entraIssuer(issuer, input, bot);
      case 'github':
        return githubIssuer(issuer);
      case 'gitlab':
        return gitlabIssuer(issuer);
      case 'azure-devops':
        return azureDevOpsIssuer(issuer);
      case 'oidc':
        return oidcIssuer(issuer);
    }
  });
}

type Input<Kind extends IssuerInput['kind']> = Extract<IssuerInput, { kind: Kind }>;

function entraIssuer(
  input: Input<'entra'>,
  whole: ConfigInput,
  bot: TeamsConfig['credential'],
): IssuerConfig {
  const entraUrl = entraUrlOf(whole);
  const tenants = input.tenants ?? (input.tenant === undefined ? [] : [input.tenant]);
  const authority = tenants.length === 1 ? tenants[0] : 'organizations';
  const issuer = input.issuer ?? `${entraUrl}/{tenantid}/v2.0`;
  // The v1.0 document has other keys and another issuer than the v2.0 document.
  const version = V1_ISSUER.test(issuer) ? '' : '/v2.0';
  const lookup = groupLookupOf(input, whole, bot);
  return {
    ...commonOf(input, { maxAgeMs: 90 * MINUTE_MS, claims: [] }),
    kind: 'entra',
    issuer,
    discoveryUrl:
      input.discoveryUrl ?? `${entraUrl}/${authority}${version}/.well-known/openid-configuration`,
    use: input.use,
    tenants,
    roles: rolesOf(input) ?? [{ claim: 'roles', map: null }],
    teams: { objectIdClaim: 'oid', tenantClaim: 'tid' },
    nameClaim: input.nameClaim,
    ...(lookup === undefined ? {} : { groupLookup: lookup }),
  };
}

/** The look-up with the bot's registration as its default. */
function groupLookupOf(
  input: Input<'entra'>,
  whole: ConfigInput,
  bot: TeamsConfig['credential'],
): GroupLookupConfig | undefined {
  const { groupLookup } = input;
  if (groupLookup === undefined) return undefined;
  const { cloud, appId } = whole.teams;
  return {
    graphUrl: (
      groupLookup.graphUrl ?? (typeof cloud === 'string' ? CLOUDS[cloud].graphUrl : '')
    ).replace(/\/$/, ''),
    loginUrl: entraUrlOf(whole),
    clientId: groupLookup.clientId ?? appId,
    credential:
      groupLookup.credential === undefined
        ? bot
        : resolveCredential({ credential: groupLookup.credential, appId }),
    as: groupLookup.as,
    claims: groupLookup.claims,
  };
}

/** What issuers of pipelines have in common. */
function pipelineIssuer(
  input: IssuerInput,
  { issuer, claims }: { issuer: string; claims: readonly string[] },
): Omit<IssuerConfig, 'nameClaim'> {
  return {
    ...commonOf(input, { maxAgeMs: 15 * MINUTE_MS, claims }),
    kind: 'oidc',
    issuer,
    discoveryUrl: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    use: ['workloads'],
    tenants: [],
    roles: rolesOf(input) ?? [],
    teams: null,
  };
}

function githubIssuer(input: Input<'github'>): IssuerConfig {
  const issuer = input.issuer ?? 'https://token.actions.githubusercontent.com';
  return {
    ...pipelineIssuer(input, { issuer, claims: GITHUB_CLAIMS }),
    nameClaim: 'repository',
    // After a rename or deletion somebody else can take a repository's name, but not its ids.
    keyClaims: ['repository_owner_id', 'repository_id'],
    actorClaim: 'actor_id',
  };
}

function gitlabIssuer(input: Input<'gitlab'>): IssuerConfig {
  return {
    ...pipelineIssuer(input, { issuer: input.issuer, claims: GITLAB_CLAIMS }),
    nameClaim: 'project_path',
    keyClaims: ['namespace_id', 'project_id'],
    actorClaim: 'user_id',
  };
}

/** Tokens of Azure Pipelines name no person; their issuer names the organization. */
function azureDevOpsIssuer(input: Input<'azure-devops'>): IssuerConfig {
  const issuer = `https://vstoken.dev.azure.com/${input.organization}`;
  return {
    ...pipelineIssuer(input, { issuer, claims: AZURE_DEVOPS_CLAIMS }),
    nameClaim: 'sub',
  };
}

function oidcIssuer(input: Input<'oidc'>): IssuerConfig {
  const base = input.issuer.replace(/\/$/, '');
  return {
    ...commonOf(input, { maxAgeMs: 60 * MINUTE_MS, claims: [] }),
    kind: 'oidc',
    issuer: input.issuer,
    discoveryUrl: input.discoveryUrl ?? `${base}/.well-known/openid-configuration`,
    use: input.use,
    tenants: [],
    roles: rolesOf(input) ?? [],
    teams: input.teams ?? null,
    nameClaim: input.nameClaim,
    ...(input.actorClaim === undefined ? {} : { actorClaim: input.actorClaim }),
  };
}

function commonOf(input: IssuerInput, defaults: { maxAgeMs: number; claims: readonly string[] }) {
  return {
    id: input.id,
    audiences: typeof input.audience === 'string' ? [input.audience] : input.audience,
    algorithms: input.algorithms,
    maxAgeMs: input.maxAge ?? defaults.maxAgeMs,
    clockToleranceMs: input.clockTolerance,
    claims: [...new Set([...defaults.claims, ...(input.claims ?? [])])],
  };
}

function rolesOf(input: IssuerInput): IssuerConfig['roles'] | undefined {
  return input.roles?.map(({ claim, map, tenants }) => ({
    claim,
    ...(tenants === undefined ? {} : { tenants }),
    map:
      map === undefined
        ? null
        : Object.fromEntries(
            Object.entries(map).map(([value, roles]) => [
              value,
              typeof roles === 'string' ? [roles] : roles,
            ]),
          ),
  }));
}

function entraUrlOf(input: ConfigInput): string {
  const { cloud } = input.teams;
  return typeof cloud === 'string' ? CLOUDS[cloud].entraUrl : cloud.loginUrl.replace(/\/$/, '');
}
