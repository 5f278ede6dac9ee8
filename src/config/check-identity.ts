import { checkGlob } from './check-globs.ts';
import type { Config, IssuerConfig, LinkedIdentity } from './config.ts';
import type { Path } from './problem.ts';
import { GUID } from './schema-parts.ts';
import { nameCheck } from './report.ts';
import type { Report } from './report.ts';
import { oneOf } from './suggest.ts';
import { isJsonObject, own } from '../lib/strict-json.ts';
import { valueAt } from './known-keys.ts';
import type { YamlSource } from './yaml-source.ts';

type Identity = Config['identity'];

/** Ten calls to Microsoft Graph, which accepts twenty groups a call. */
const MAX_GROUPS = 200;

/**
 * Checks role mappings. At an issuer with several tenants each mapping must name its tenants: each
 * tenant's administrator assigns app roles and groups, and could otherwise give roles of another
 * tenant.
 */
export function checkRoleSources(
  { issuers }: Identity,
  report: Report,
  { tenantId, source }: { tenantId: string; source: Pick<YamlSource, 'data'> },
): void {
  issuers.forEach((issuer, at) => {
    const path = ['identity', 'issuers', at];
    const checkTenant = nameCheck(report, {
      rule: 'unknown_tenant',
      what: 'a tenant of this issuer',
      names: issuer.tenants,
    });
    issuer.roles.forEach((mapping, index) => {
      const { tenants } = mapping;
      checkClaimName(mapping, [...path, 'roles', index], { report, source });
      if (tenants === undefined && issuer.tenants.length > 1) {
        report(
          [...path, 'roles', index, 'tenants'],
          'mapping_without_tenants',
          undefined,
          'the tenants whose administrators may give these roles, each of them by name',
        );
      }
      tenants?.forEach((tenant, position) =>
        checkTenant([...path, 'roles', index, 'tenants', position], tenant),
      );
    });
    if (issuer.agents === 'graph' && issuer.groupLookup === undefined) {
      const expected = 'a look-up at Microsoft Graph, because agents: graph asks the directory';
      report([...path, 'groupLookup'], 'missing', undefined, expected);
    }
    issuer.roles.forEach(({ map }, index) => {
      for (const value of Object.keys(map ?? {})) {
        checkGlob(report, [...path, 'roles', index, 'map', value], value);
      }
    });
    issuer.audiences.forEach((audience, index) =>
      checkGlob(report, [...path, 'audience', index], audience),
    );
    issuer.furtherAudiences?.forEach((audience, index) =>
      checkGlob(report, [...path, 'furtherAudiences', index], audience),
    );
    if (issuer.groupLookup !== undefined) checkLookup(issuer, path, report, tenantId);
  });
}

/**
 * Exactly one of `claim` and `path`, and no claim whose dots may mean a path: it would be read as
 * one name, and give no role in silence. Names with a slash or a colon are namespaces.
 */
function checkClaimName(
  { claim, shape, organizations }: IssuerConfig['roles'][number],
  at: Path,
  { report, source }: { report: Report; source: Pick<YamlSource, 'data'> },
): void {
  const written = valueAt(source.data, at);
  const has = (name: string) => isJsonObject(written) && own(written, name) !== undefined;
  if (written !== undefined && has('claim') === has('path')) {
    report([...at, 'claim'], 'wrong_value', undefined, 'a claim or a path, one of them');
  }
  if (!has('path') && has('claim') && claim.includes('.') && !/[:/]/.test(claim)) {
    const expected = `path: ${claim} for a nested claim, or path: ['${claim}'] for one name`;
    report([...at, 'claim'], 'dotted_claim', claim, expected);
  }
  if (organizations !== undefined && shape !== 'keys') {
    report([...at, 'organizations'], 'wrong_value', organizations, 'shape: keys beside it');
  }
}

/** Microsoft Graph is asked about single groups, so a map must name each by its object id. */
function checkLookup(issuer: IssuerConfig, path: Path, report: Report, tenantId: string): void {
  if (!URL.canParse(issuer.groupLookup?.graphUrl ?? '')) {
    report(
      [...path, 'groupLookup', 'graphUrl'],
      'missing',
      undefined,
      'the address of Microsoft Graph, because this cloud has no default',
    );
  }
  if (issuer.groupLookup?.credential.kind === 'managedIdentity') {
    checkManaged(issuer, path, { report, tenantId });
  }
  const checkClaim = nameCheck(report, {
    rule: 'unknown_claim',
    what: 'a claim listed for this issuer',
    names: issuer.claims,
  });
  for (const claim of Object.keys(issuer.groupLookup?.claims ?? {})) {
    checkClaim([...path, 'groupLookup', 'claims', claim], claim);
  }
  let named = 0;
  issuer.roles.forEach(({ claim, map }, at) => {
    if (claim !== 'groups') return;
    const place = [...path, 'roles', at, 'map'];
    if (map === null) {
      const expected =
        'a map of group ids to roles: only the groups that it names can be looked up';
      report(place, 'group_not_named', undefined, expected);
    }
    for (const group of Object.keys(map ?? {})) {
      named += 1;
      if (GUID.test(group)) continue;
      const expected = 'the object id of a group, a GUID in lower case';
      report([...place, group], 'group_not_named', group, expected);
    }
  });
  if (named > MAX_GROUPS) {
    const expected = `at most ${MAX_GROUPS} groups, because each look-up asks about all of them`;
    report([...path, 'roles'], 'too_many_groups', named, expected);
  }
}

/** A managed identity asks as itself, and Microsoft Graph answers about its own tenant only. */
function checkManaged(
  { groupLookup, tenants }: IssuerConfig,
  path: Path,
  { report, tenantId }: { report: Report; tenantId: string },
): void {
  if (groupLookup?.as === 'person') {
    report(
      [...path, 'groupLookup', 'as'],
      'wrong_value',
      'person',
      'application, or another credential: a managed identity cannot ask on behalf of people',
    );
  }
  if (tenants.some((tenant) => tenant !== tenantId)) {
    report(
      [...path, 'groupLookup', 'credential'],
      'missing',
      undefined,
      'a secret or certificate: a managed identity works in its own tenant only ' +
        '(teams.tenantId), and this issuer has others',
    );
  }
}

/** Each linked identity belongs to a configured issuer, has its form, and is in one link only. */
export function checkLinks({ issuers, links = [] }: Identity, report: Report): void {
  const seen = new Set<string>();
  const names = issuers.map(({ id }) => id);
  const checkIssuer = nameCheck(report, { rule: 'unknown_issuer', what: 'an issuer', names });
  links.forEach((identities, link) =>
    identities.forEach((identity, at) => {
      const path = ['identity', 'links', link, 'identities', at];
      checkIssuer([...path, 'issuer'], identity.issuer);
      const issuer = issuers.find(({ id }) => id === identity.issuer);
      const expected = issuer && misfit(issuer, identity);
      if (expected !== undefined) report(path, 'wrong_link', identity.issuer, expected);
      const name = JSON.stringify(identity);
      if (seen.has(name)) {
        report(path, 'repeated', identity.issuer, 'an identity that no other link has');
      }
      seen.add(name);
    }),
  );
}

/** The form that a linked identity of this issuer must have; undefined when it has it. */
function misfit(issuer: IssuerConfig, identity: LinkedIdentity): string | undefined {
  if ('actor' in identity) {
    return issuer.actorClaim === undefined
      ? 'an issuer whose tokens name who started a workload (actorClaim)'
      : undefined;
  }
  if (!issuer.use.includes('people')) return 'an issuer for people, or an actor';
  if ('objectId' in identity) {
    if (issuer.teams === null)
      return 'a subject, because this issuer names no tenant and object id';
    return issuer.tenants.length === 0 || issuer.tenants.includes(identity.tenant)
      ? undefined
      : `a tenant of this issuer: ${oneOf(issuer.tenants, identity.tenant)}`;
  }
  return issuer.teams === null
    ? undefined
    : 'tenant and objectId, which identify people of this issuer';
}
