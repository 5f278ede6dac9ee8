import { CLOUDS } from './clouds.ts';
import type { IssuerConfig } from './config.ts';
import type { ConfigInput } from './schema.ts';
import type { IssuerInput } from './schema-identity.ts';

const MINUTE_MS = 60_000;

/** The claims of a GitHub Actions token that rules may use without naming them. */
const GITHUB_CLAIMS = [
  'repository', 'repository_id', 'repository_owner', 'repository_owner_id', 'environment', 'ref',
  'ref_type', 'event_name', 'job_workflow_ref', 'workflow', 'actor', 'actor_id', 'sha', 'run_id',
  'run_attempt',
] as const;

/** The issuers with what their kind presets: Entra needs no more than tenant and audience. */
export function resolveIssuers(input: ConfigInput): IssuerConfig[] {
  return input.identity.issuers.map((issuer) => {
    switch (issuer.kind) {
      case 'entra': return entraIssuer(issuer, entraUrlOf(input));
      case 'github': return githubIssuer(issuer);
      case 'oidc': return oidcIssuer(issuer);
    }
  });
}

function entraIssuer(
  input: Extract<IssuerInput, { kind: 'entra' }>, entraUrl: string,
): IssuerConfig {
  const tenants = input.tenants ?? (input.tenant === undefined ? [] : [input.tenant]);
  const authority = tenants.length === 1 ? tenants[0] : 'organizations';
  return {
    ...commonOf(input, { maxAgeMs: 90 * MINUTE_MS, claims: [] }),
    kind: 'entra',
    issuer: input.issuer ?? `${entraUrl}/{tenantid}/v2.0`,
    discoveryUrl: input.discoveryUrl ??
      `${entraUrl}/${authority}/v2.0/.well-known/openid-configuration`,
    use: input.use,
    tenants,
    roles: rolesOf(input) ?? [{ claim: 'roles', map: null }],
    teams: { objectIdClaim: 'oid', tenantClaim: 'tid' },
    nameClaim: input.nameClaim,
  };
}

function githubIssuer(input: Extract<IssuerInput, { kind: 'github' }>): IssuerConfig {
  const issuer = 'https://token.actions.githubusercontent.com';
  return {
    ...commonOf(input, { maxAgeMs: 15 * MINUTE_MS, claims: GITHUB_CLAIMS }),
    kind: 'oidc',
    issuer,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    use: ['workloads'],
    tenants: [],
    roles: rolesOf(input) ?? [],
    teams: null,
    nameClaim: 'repository',
  };
}

function oidcIssuer(input: Extract<IssuerInput, { kind: 'oidc' }>): IssuerConfig {
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
  };
}

function commonOf(
  input: IssuerInput, defaults: { maxAgeMs: number; claims: readonly string[] },
) {
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
  return input.roles?.map(({ claim, map }) => ({
    claim,
    map: map === undefined ? null : Object.fromEntries(
      Object.entries(map).map(([value, roles]) =>
        [value, typeof roles === 'string' ? [roles] : roles]),
    ),
  }));
}

function entraUrlOf(input: ConfigInput): string {
  const { cloud } = input.teams;
  return typeof cloud === 'string' ? CLOUDS[cloud].entraUrl : cloud.loginUrl.replace(/\/$/, '');
}
