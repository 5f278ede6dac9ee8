import type { Config } from '../config/config.ts';
import type { ClaimValue } from '../domain/people/principal.ts';
import type { HeldNow } from '../domain/request/recheck.ts';
import type { AskedAbout, ClaimsRefresher } from '../usecases/ports/claims-refresher.ts';
import type { Directory } from '../usecases/ports/directory.ts';
import type { Sessions } from '../usecases/ports/sessions.ts';
import { namedGroups } from './tokens/group-overage.ts';
import type { Provider, Providers } from './providers.ts';
import { impliedRoles, mappingsFor, rolesOf } from './tokens/roles.ts';

const REFRESHABLE = new Set(['roles', 'groups']);

/** A person at Entra who can be looked up in the directory. */
interface Known {
  readonly provider: Provider;
  readonly tenant: string;
  readonly objectId: string;
}

interface Parts {
  readonly config: Config;
  readonly providers: Pick<Providers, 'get'>;
  readonly directory: Directory;
  readonly otherwise: ClaimsRefresher;
}

/**
 * Reads an Entra person's current state in the directory: the account must be enabled, mapped
 * groups are checked, app roles come from their assignments, and claims from the configured
 * properties. Everything else is left to `otherwise` (a session's refreshed claims): other people,
 * roles from claims that it does not have, and claims without a property.
 */
export function createClaimsRefresher(parts: Parts): ClaimsRefresher {
  const { otherwise } = parts;
  const implied = impliedRoles(parts.config.identity.implies);
  return {
    async heldNow(asked) {
      const known = knownInDirectory(asked, parts);
      if (known === undefined) return otherwise.heldNow(asked);
      const { roles, claims } = await heldNow(parts, known, { asked, implied });
      const left = asked.claims.filter((name) => !Object.hasOwn(claims, name));
      if (left.length === 0 || roles.length === 0) return { roles, claims };
      const more = await otherwise.heldNow({ ...asked, claims: left });
      return { roles, claims: { ...more?.claims, ...claims } };
    },
  };
}

/**
 * Reads a person's roles and claims through their session, with claims fetched now. Undefined where
 * there is no session, or it belongs to another principal. A claim that the token lacks is left
 * out: the provider may omit it, or it may be gone.
 */
export function heldBySession(sessions: Pick<Sessions, 'current'>): ClaimsRefresher {
  return {
    async heldNow({ person, teams }) {
      if (teams === null) return undefined;
      const by = await sessions.current(teams, { renew: true, unattended: true });
      if (by?.key !== person.key) return undefined;
      return { roles: by.kind === 'person' ? by.roles : [], claims: by.claims };
    },
  };
}

async function heldNow(
  { directory }: Parts,
  { provider, tenant, objectId }: Known,
  { asked, implied }: { asked: AskedAbout; implied: (role: string) => readonly string[] },
): Promise<HeldNow> {
  const entry = { issuer: provider.config.id, tenant, objectId };
  const properties = Object.entries(provider.config.groupLookup?.claims ?? {}).filter(([claim]) =>
    asked.claims.includes(claim),
  );
  const mapped = new Set(mappingsFor(provider.config, tenant).map(({ claim }) => claim));
  const person = await directory.personNow({
    ...entry,
    properties: properties.map(([, property]) => property),
    appRoles: mapped.has('roles'),
  });
  if (person === undefined) return { roles: [], claims: {} };
  const named = namedGroups(provider, tenant) ?? [];
  const groups =
    mapped.has('groups') && named.length > 0
      ? await directory.memberOf({
          ...entry,
          kind: 'person',
          groups: named,
          assertion: null,
          tokenDigest: null,
        })
      : [];
  const claims = properties
    .map(([claim, property]) => [claim, person.properties.get(property)] as const)
    .filter((entry): entry is [string, ClaimValue | null] => entry[1] !== undefined);
  return {
    roles: rolesOf({ roles: person.appRoles }, provider.config, implied, { tenant, groups }),
    claims: Object.fromEntries(claims),
  };
}

function knownInDirectory(
  { person }: AskedAbout,
  { providers, directory }: Parts,
): Known | undefined {
  const { tenant, objectId } = person;
  const provider = providers.get(person.provider);
  if (provider?.config.kind !== 'entra' || tenant === null || objectId === null) return undefined;
  // A tenant that is no longer allowed gives no roles: do not call it.
  if (!provider.tenants.has(tenant)) return undefined;
  const mappings = mappingsFor(provider.config, tenant);
  const tellable = mappings.every(
    ({ claim, shape = 'list', map }) =>
      REFRESHABLE.has(claim) && shape === 'list' && (claim !== 'groups' || map !== null),
  );
  const known = directory.knows(provider.config.id);
  return known && tellable ? { provider, tenant, objectId } : undefined;
}
