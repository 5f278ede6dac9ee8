import type { LinkedIdentity } from '../../config/config.ts';
import { directoryName } from '../../domain/people/principal.ts';
import type { PrincipalRef } from '../../domain/people/principal.ts';
import type { Provider, Providers } from '../providers.ts';

/** The keys of a person's other identities, by key. */
export type Links = ReadonlyMap<string, readonly string[]>;

/**
 * The configured links by key. They only enforce separation of duties: no role, claim or right
 * passes between linked identities. At the sign-in button a link also names the Teams person
 * (sign-in.ts).
 *
 * @throws Error where a link names an unknown issuer.
 */
export function createLinks(
  links: readonly (readonly LinkedIdentity[])[],
  providers: Pick<Providers, 'get'>,
): Links {
  const byKey = new Map<string, readonly string[]>();
  for (const identities of links) {
    const keys = new Set<string>();
    for (const identity of identities) {
      keys.add(keyOfLinked(identity, providers));
      // Another provider may give the same Teams person a key of its own.
      if ('objectId' in identity) keys.add(directoryName(identity));
    }
    for (const key of keys)
      byKey.set(
        key,
        [...keys].filter((other) => other !== key),
      );
  }
  return byKey;
}

/**
 * The other identities of a principal, found by its key or as the Teams person that it is, whose ids
 * some providers write in capitals. `actor` is the key of the human behind a workload.
 */
export function linkedIdentitiesOf(
  links: Links,
  { key, tenant, objectId }: Pick<PrincipalRef, 'key' | 'tenant' | 'objectId'>,
  actor: string | null,
): readonly string[] {
  const inTeams = tenant === null || objectId === null ? key : directoryName({ tenant, objectId });
  const own = links.get(key) ?? links.get(inTeams) ?? [];
  if (actor === null) return own;
  return [...new Set([...own, actor, ...(links.get(actor) ?? [])])];
}

/**
 * Whether the signed-in identity is this Teams person: by the token's own claims, or by a link that
 * an administrator configured (`identity.links`).
 */
export function isTeamsPerson(
  by: Pick<PrincipalRef, 'tenant' | 'objectId' | 'linkedIdentities'>,
  { tenantId, objectId }: { tenantId: string; objectId: string },
): boolean {
  // The token's own claims take precedence over a link.
  if (by.tenant !== null) return by.tenant === tenantId && by.objectId === objectId;
  return by.linkedIdentities?.includes(directoryName({ tenant: tenantId, objectId })) ?? false;
}

/** The key of a person with a Teams object id; equal for Entra's v1 and v2 tokens. */
export function personKey(
  { config, cloud }: Pick<Provider, 'config' | 'cloud'>,
  { tenant, objectId }: { tenant: string; objectId: string },
): string {
  const owner = config.kind === 'entra' ? `entra|${cloud}` : config.id;
  return `${owner}|${tenant}|${objectId}`;
}

/** The key of a human who starts workloads. No issuer id contains a colon, so it cannot collide. */
export function actorKey(issuer: string, actor: string): string {
  return `actor:${issuer}|${actor}`;
}

function keyOfLinked(identity: LinkedIdentity, providers: Pick<Providers, 'get'>): string {
  const provider = providers.get(identity.issuer);
  if (provider === undefined) {
    throw new Error(`identity.links: no identity issuer has the id "${identity.issuer}"`);
  }
  if ('actor' in identity) return actorKey(identity.issuer, identity.actor);
  return 'subject' in identity
    ? `${identity.issuer}|${identity.subject}`
    : personKey(provider, identity);
}
