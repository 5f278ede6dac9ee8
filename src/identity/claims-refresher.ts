import type { Config } from '../config/config.ts';
import type { ClaimValue } from '../domain/people/principal.ts';
import type { HeldNow } from '../domain/request/recheck.ts';
import type { AskedAbout, ClaimsRefresher } from '../usecases/ports/claims-refresher.ts';
import { appRolesAtGraph, userAtGraph } from './graph-user.ts';
import type { GraphWay } from './group-lookup.ts';
import { namedGroups } from './group-overage.ts';
import type { GroupSource } from './group-overage.ts';
import type { Provider, Providers } from './providers.ts';
import { impliedRoles, mappingsFor, rolesOf } from './tokens/roles.ts';

const LOOKUP_MS = 5_000;
const REFRESHABLE = new Set(['roles', 'groups']);

/** A person at Entra who can be looked up in Microsoft Graph. */
interface Known {
  readonly provider: Provider;
  readonly tenant: string;
  readonly objectId: string;
  readonly way: GraphWay;
}

interface Parts {
  readonly config: Config;
  readonly providers: Pick<Providers, 'get'>;
  readonly groups: GroupSource;
  readonly ways: (provider: Provider) => GraphWay | undefined;
  readonly otherwise: ClaimsRefresher;
}

/**
 * Reads an Entra person's current state in Microsoft Graph: the account must be enabled, mapped
 * groups are checked, app roles come from their assignments, and claims from the configured
 * properties. Everything else is left to `otherwise` (a session's refreshed claims): other people,
 * roles from claims that Graph does not have, and claims without a property.
 */
export function createClaimsRefresher(parts: Parts): ClaimsRefresher {
  const { providers, ways, otherwise } = parts;
  const implied = impliedRoles(parts.config.identity.implies);
  return {
    async heldNow(asked) {
      const known = knownAtGraph(asked, providers, ways);
      if (known === undefined) return otherwise.heldNow(asked);
      const { roles, claims } = await heldAtGraph(parts, known, { asked, implied });
      const left = asked.claims.filter((name) => !Object.hasOwn(claims, name));
      if (left.length === 0 || roles.length === 0) return { roles, claims };
      const more = await otherwise.heldNow({ ...asked, claims: left });
      return { roles, claims: { ...more?.claims, ...claims } };
    },
  };
}

async function heldAtGraph(
  { groups }: Parts,
  { provider, tenant, objectId, way }: Known,
  { asked, implied }: { asked: AskedAbout; implied: (role: string) => readonly string[] },
): Promise<HeldNow> {
  const token = await way.tokens.application(tenant);
  const signal = AbortSignal.timeout(LOOKUP_MS);
  const { groupLookup } = provider.config;
  const properties = Object.entries(groupLookup?.claims ?? {}).filter(([claim]) =>
    asked.claims.includes(claim),
  );
  const user = await userAtGraph(way, {
    objectId,
    token,
    signal,
    properties: properties.map(([, property]) => property),
  });
  if (user === undefined) return { roles: [], claims: {} };
  const mapped = new Set(mappingsFor(provider.config, tenant).map(({ claim }) => claim));
  const named = namedGroups(provider, tenant) ?? [];
  const isIn =
    mapped.has('groups') && named.length > 0
      ? await groups.memberOf({
          provider,
          tenant,
          objectId,
          kind: 'person',
          groups: named,
          assertion: null,
          token: null,
        })
      : [];
  const roles = mapped.has('roles')
    ? await appRolesAtGraph(way, {
        objectId,
        token,
        signal,
        appId: groupLookup?.clientId ?? '',
      })
    : [];
  const claims = properties
    .map(([claim, property]) => [claim, user.get(property)] as const)
    .filter((entry): entry is [string, ClaimValue | null] => entry[1] !== undefined);
  return {
    roles: rolesOf({ roles }, provider.config, implied, { tenant, groups: isIn }),
    claims: Object.fromEntries(claims),
  };
}

function knownAtGraph(
  { person }: AskedAbout,
  providers: Pick<Providers, 'get'>,
  ways: (provider: Provider) => GraphWay | undefined,
): Known | undefined {
  const { tenant, objectId } = person;
  const provider = providers.get(person.provider);
  if (provider?.config.kind !== 'entra' || tenant === null || objectId === null) return undefined;
  const way = ways(provider);
  // A tenant that is no longer allowed gives no roles: do not call it.
  if (!provider.tenants.has(tenant)) return undefined;
  const mappings = mappingsFor(provider.config, tenant);
  const tellable = mappings.every(
    ({ claim, map }) => REFRESHABLE.has(claim) && (claim !== 'groups' || map !== null),
  );
  return way === undefined || !tellable ? undefined : { provider, tenant, objectId, way };
}
