import type { LinkedIdentity } from '../../config/config.ts';
import { directoryName } from '../../domain/people/principal.ts';
import type { PrincipalRef } from '../../domain/people/principal.ts';
import type { Provider, Providers } from '../providers.ts';

/** From a key to the keys of the same person's other identities. */
export type Links = ReadonlyMap<string, readonly string[]>;

/**
 * The links of configuration by key. They keep one person's identities apart from nobody but
 * themselves: no role, claim or right passes from one identity to another. At the sign-in button
 * one also tells whose identity it is (sign-in.ts).
 *
 * @throws Error where a link names an issuer that is not configured.
 */
export function createLinks(
  links: readonly (readonly LinkedIdentity[])[],
  providers: Pick<Providers, 'get'>,
): Links {
  const byKey = new Map<string, readonly string[]>();
  for (const identities of links) {
    const keys = [
      ...new Set(
        identities.flatMap((identity) => [
          keyOfLinked(identity, providers),
          // Another provider may vouch for the same person of Teams under a key of its own.
          ...('objectId' in identity ? [directoryName(identity)] : []),
        ]),
      ),
    ];
    for (const key of keys)
      byKey.set(
        key,
        keys.filter((other) => other !== key),
      );
  }
  return byKey;
}

/** The other identities of a principal; `actor` is the key of the human behind a workload. */
export function aliasesOf(links: Links, key: string, actor: string | null): readonly string[] {
  const own = links.get(key) ?? [];
  if (actor === null) return own;
  return [...new Set([...own, actor, ...(links.get(actor) ?? [])])];
}

/**
 * Whether who signed in is a Teams person: by the provider's own word, or as an identity that an
 * administrator linked to that person (`identity.links`).
 */
export function isTeamsPerson(
  { tenant, objectId, aliases }: Pick<PrincipalRef, 'tenant' | 'objectId' | 'aliases'>,
  person: { tenantId: string; objectId: string },
): boolean {
  // A provider that names people of Teams is believed over a link: it says that this is another.
  if (tenant !== null) return tenant === person.tenantId && objectId === person.objectId;
  const linked = directoryName({ tenant: person.tenantId, objectId: person.objectId });
  return aliases?.includes(linked) ?? false;
}

/** The key of a person that a provider names as Teams does: the same for Entra's v1 and v2. */
export function personKey(
  { config, cloud }: Pick<Provider, 'config' | 'cloud'>,
  { tenant, objectId }: { tenant: string; objectId: string },
): string {
  const owner = config.kind === 'entra' ? `entra|${cloud}` : config.id;
  return `${owner}|${tenant}|${objectId}`;
}

/** The key of whoever starts workloads at an issuer; no id of a provider holds a colon. */
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
