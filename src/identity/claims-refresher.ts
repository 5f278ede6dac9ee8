import type { Config } from '../config/config.ts';
import type { PrincipalRef } from '../domain/principal.ts';
import type { ClaimsRefresher } from '../usecases/ports.ts';
import { GraphError } from './graph-client.ts';
import type { GraphWay } from './group-lookup.ts';
import { namedGroups } from './group-overage.ts';
import type { GroupSource } from './group-overage.ts';
import type { Provider, Providers } from './providers.ts';
import { impliedRoles, mappingsFor, rolesOf } from './roles.ts';
import { isJsonObject, own } from './strict-json.ts';

const LOOKUP_MS = 5_000;
const REFRESHABLE = new Set(['roles', 'groups']);

/** A person at Entra whom Microsoft Graph can be asked about. */
interface Known {
  readonly provider: Provider;
  readonly tenant: string;
  readonly objectId: string;
  readonly way: GraphWay;
}

/**
 * Asks Microsoft Graph what an Entra person's roles are now: the account must be enabled, groups
 * that mappings name are checked, and app roles read from their assignments. Others are left to
 * `otherwise` (a session's refreshed claims), as are roles from claims that Graph does not hold.
 */
export function createClaimsRefresher(parts: {
  config: Config;
  providers: Pick<Providers, 'get'>;
  groups: GroupSource;
  ways: (provider: Provider) => GraphWay | undefined;
  otherwise: ClaimsRefresher;
}): ClaimsRefresher {
  const { providers, groups, ways, otherwise } = parts;
  const implied = impliedRoles(parts.config.identity.implies);
  return {
    async rolesNow(person) {
      const known = knownAtGraph(person, providers, ways);
      if (known === undefined) return otherwise.rolesNow(person);
      const { provider, tenant, objectId, way } = known;
      const token = await way.tokens.application(tenant);
      const signal = AbortSignal.timeout(LOOKUP_MS);
      if (!(await isEnabled(way, { objectId, token, signal }))) return [];
      const claims = new Set(mappingsFor(provider.config, tenant).map(({ claim }) => claim));
      const named = namedGroups(provider, tenant) ?? [];
      const isIn = claims.has('groups') && named.length > 0
        ? await groups.memberOf({
          provider, tenant, objectId, kind: 'person', groups: named, assertion: null, token: null,
        }) : [];
      const roles = claims.has('roles')
        ? await appRoles(way, { objectId, token, signal, provider }) : [];
      return rolesOf({ roles }, provider.config, implied, { tenant, groups: isIn });
    },
  };
}

function knownAtGraph(
  person: PrincipalRef, providers: Pick<Providers, 'get'>,
  ways: (provider: Provider) => GraphWay | undefined,
): Known | undefined {
  const { tenant, objectId } = person;
  const provider = providers.get(person.provider);
  if (provider?.config.kind !== 'entra' || tenant === null || objectId === null) return undefined;
  const way = ways(provider);
  // Roles of a tenant that is trusted no more count as little as its tokens: nobody is asked.
  if (!provider.tenants.has(tenant)) return undefined;
  const mappings = mappingsFor(provider.config, tenant);
  const tellable = mappings.every(({ claim, map }) =>
    REFRESHABLE.has(claim) && (claim !== 'groups' || map !== null));
  return way === undefined || !tellable ? undefined : { provider, tenant, objectId, way };
}

interface Asked {
  readonly objectId: string;
  readonly token: string;
  readonly signal: AbortSignal;
}

async function isEnabled({ client }: GraphWay, asked: Asked): Promise<boolean> {
  const { objectId, token, signal } = asked;
  try {
    const path = `/users/${objectId}?$select=id,accountEnabled`;
    const user = await client.one({ path, token, signal });
    return own(user, 'accountEnabled') === true;
  } catch (error) {
    if (error instanceof GraphError && error.status === 404) return false;
    throw error;
  }
}

/** Values of the app roles that the person is assigned, directly or by a group of theirs. */
async function appRoles(
  { client }: GraphWay, asked: Asked & { provider: Provider },
): Promise<readonly string[]> {
  const { objectId, token, signal, provider } = asked;
  const appId = provider.config.groupLookup?.clientId ?? '';
  const application = await client.one({
    path: `/servicePrincipals(appId='${appId}')?$select=id,appRoles`, token, signal,
  });
  const resource = String(own(application, 'id'));
  const defined = own(application, 'appRoles');
  const values = new Map<unknown, unknown>((Array.isArray(defined) ? defined : [])
    .filter(isJsonObject).filter((role) => own(role, 'isEnabled') !== false)
    .map((role) => [own(role, 'id'), own(role, 'value')]));
  const filter = encodeURIComponent(`resourceId eq ${resource}`);
  const assigned = await client.all({
    path: `/users/${objectId}/appRoleAssignments?$filter=${filter}`, token, signal,
  });
  return assigned.filter(isJsonObject)
    .filter((one) => own(one, 'resourceId') === resource)
    .map((one) => values.get(own(one, 'appRoleId')))
    .filter((value) => typeof value === 'string');
}
