import type { PrincipalKind } from '../domain/people/principal.ts';
import { sha256 } from '../lib/hash.ts';
import { identityError } from './codes.ts';
import type { CompactToken } from './tokens/compact.ts';
import type { Provider } from './providers.ts';
import { requiredText } from './tokens/registered-claims.ts';
import { mappingsFor } from './tokens/roles.ts';
import { isJsonObject, own } from '../lib/strict-json.ts';
import type { JsonObject } from '../lib/strict-json.ts';

/** Whose groups are looked up, and which ones matter. */
export interface GroupQuestion {
  readonly provider: Provider;
  readonly tenant: string;
  readonly objectId: string;
  readonly kind: PrincipalKind;
  /** Object ids of the groups that mappings name. */
  readonly groups: readonly string[];
  /** The person's own access token for us; null where there is none that could be exchanged. */
  readonly assertion: string | null;
  /** Digest of the token that is asked about: the answer is kept for it for a moment. */
  readonly token: string | null;
}

/** Tells which of some groups somebody is in, nested ones included. */
export interface GroupSource {
  /** @throws IdentityError `groups_unavailable`. */
  memberOf(question: GroupQuestion): Promise<readonly string[]>;
}

/**
 * The groups of a token that does not list them (Entra: more than 200, or 150 with SAML): looked up
 * at the configured Graph. What the token itself names as the place to ask (`_claim_sources`) is
 * never called. Undefined where the token's own claim counts.
 *
 * @throws IdentityError `groups_not_listed` where nothing is configured to look them up,
 *   `groups_unavailable` where the look-up fails: without it nobody can tell the roles.
 */
export async function groupsBeyond(
  source: GroupSource | undefined,
  given: {
    token: CompactToken;
    provider: Provider;
    kind: PrincipalKind;
    assertion: string | null;
  },
): Promise<readonly string[] | undefined> {
  const {
    token: { claims, signedText },
    provider,
    kind,
    assertion,
  } = given;
  if (provider.config.kind !== 'entra' || !isOverage(claims)) return undefined;
  const tenant = requiredText(claims, 'tid');
  const wanted = namedGroups(provider, tenant);
  if (wanted?.length === 0) return [];
  if (wanted === undefined || provider.config.groupLookup === undefined || source === undefined) {
    throw identityError('groups_not_listed');
  }
  return source.memberOf({
    provider,
    tenant,
    kind,
    assertion,
    groups: wanted,
    token: sha256(signedText),
    objectId: requiredText(claims, 'oid'),
  });
}

/** Groups that a tenant's mappings name; undefined where one takes any group for a role. */
export function namedGroups(provider: Provider, tenant: string): readonly string[] | undefined {
  const mappings = mappingsFor(provider.config, tenant).filter(({ claim }) => claim === 'groups');
  if (mappings.some(({ map }) => map === null)) return undefined;
  return [...new Set(mappings.flatMap(({ map }) => Object.keys(map ?? {})))];
}

/** `_claim_names` in place of the list, or `hasgroups` in tokens of the implicit flow. */
export function isOverage(claims: JsonObject): boolean {
  const names = own(claims, '_claim_names');
  if (isJsonObject(names) && Object.hasOwn(names, 'groups')) return true;
  const has = own(claims, 'hasgroups');
  return has === true || has === 'true';
}
