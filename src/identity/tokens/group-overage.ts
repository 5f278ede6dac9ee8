import type { PrincipalKind } from '../../domain/people/principal.ts';
import { sha256 } from '../../lib/hash.ts';
import type { Directory } from '../../usecases/ports/directory.ts';
import { identityError } from '../codes.ts';
import type { CompactToken } from './compact.ts';
import type { Provider } from '../providers.ts';
import { requiredText } from './registered-claims.ts';
import { mappingsFor } from './roles.ts';
import { isJsonObject, own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

/**
 * The groups of a token that does not list them (Entra: more than 200, or 150 with SAML), looked up
 * at the configured Graph. The address in the token (`_claim_sources`) is never called. Undefined
 * where the token's own claim counts.
 *
 * @throws IdentityError `groups_not_listed` where no lookup is configured, `groups_unavailable`
 * where it fails: the roles are then unknown.
 */
export async function groupsBeyond(
  directory: Pick<Directory, 'memberOf'> | undefined,
  given: {
    token: CompactToken;
    provider: Provider;
    kind: PrincipalKind;
    assertion: string | null;
  },
): Promise<readonly string[] | undefined> {
  const { token, provider, kind, assertion } = given;
  const { claims } = token;
  if (provider.config.kind !== 'entra' || !isOverage(claims)) return undefined;
  const tenant = requiredText(claims, 'tid');
  const wanted = namedGroups(provider, tenant);
  if (wanted?.length === 0) return [];
  const { id, groupLookup } = provider.config;
  if (wanted === undefined || groupLookup === undefined || directory === undefined) {
    throw identityError('groups_not_listed');
  }
  const objectId = requiredText(claims, 'oid');
  const tokenDigest = sha256(token.signedText);
  const asked = { issuer: id, tenant, objectId, kind, assertion, groups: wanted, tokenDigest };
  try {
    return await directory.memberOf(asked);
  } catch (cause) {
    throw identityError('groups_unavailable', { cause });
  }
}

/** The groups in a tenant's mappings; undefined where a mapping takes every group as a role. */
export function namedGroups(provider: Provider, tenant: string): readonly string[] | undefined {
  const mappings = mappingsFor(provider.config, tenant).filter(({ claim }) => claim === 'groups');
  if (mappings.some(({ map }) => map === null)) return undefined;
  return [...new Set(mappings.flatMap(({ map }) => Object.keys(map ?? {})))];
}

/** Entra's signs of an overage: `_claim_names`, or `hasgroups` in tokens of the implicit flow. */
export function isOverage(claims: JsonObject): boolean {
  const names = own(claims, '_claim_names');
  if (isJsonObject(names) && Object.hasOwn(names, 'groups')) return true;
  const has = own(claims, 'hasgroups');
  return has === true || has === 'true';
}
