import type { Config, IssuerConfig } from '../../config/config.ts';
import { isClaimValue } from '../../domain/people/claim-value.ts';
import type { ClaimValue } from '../../domain/people/principal.ts';
import { identityError } from '../codes.ts';
import { own } from '../../lib/strict-json.ts';
import { roleValues } from './role-claim.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

const MAX_ROLES = 500;

/**
 * Computes every role that a role implies, itself included.
 *
 * @throws Error where roles imply each other in a cycle.
 */
export function impliedRoles(
  implies: Config['identity']['implies'],
): (role: string) => readonly string[] {
  const closed = new Map<string, readonly string[]>();
  const close = (role: string, path: readonly string[]): readonly string[] => {
    const known = closed.get(role);
    if (known !== undefined) return known;
    if (path.includes(role)) {
      throw new Error(`identity.roles imply each other: ${[...path, role].join(' → ')}`);
    }
    const direct = Object.hasOwn(implies, role) ? (implies[role] ?? []) : [];
    const all = new Set([role, ...direct.flatMap((next) => close(next, [...path, role]))]);
    closed.set(role, [...all]);
    return [...all];
  };
  for (const role of Object.keys(implies)) close(role, []);
  return (role) => closed.get(role) ?? [role];
}

/** What decides roles besides the claims. */
export interface RoleContext {
  /** The token's tenant; null at issuers without tenants. */
  readonly tenant: string | null;
  /** Groups from the directory; if undefined, the claim `groups` counts. */
  readonly groups?: readonly string[] | undefined;
}

/**
 * The role mappings for tokens of one tenant. At an issuer with several tenants a mapping without
 * tenants is ignored: each tenant's administrator assigns roles on their own.
 */
export function mappingsFor(
  issuer: Pick<IssuerConfig, 'roles' | 'tenants'>,
  tenant: string | null,
): IssuerConfig['roles'] {
  const several = issuer.tenants.length > 1;
  if (!several && issuer.roles.every(({ tenants }) => tenants === undefined)) return issuer.roles;
  return issuer.roles.filter(({ tenants }) =>
    tenants === undefined ? !several : tenant !== null && tenants.includes(tenant),
  );
}

/**
 * The roles of a token under its issuer's mappings. A role claim is a string or an array of at most
 * 200 strings, unless the mapping names another shape; null gives no role.
 *
 * @throws IdentityError `token_claim_invalid`.
 */
export function rolesOf(
  claims: JsonObject,
  issuer: IssuerConfig,
  implied: (role: string) => readonly string[],
  { tenant, groups }: RoleContext = { tenant: null },
): readonly string[] {
  const roles = new Set<string>();
  for (const source of mappingsFor(issuer, tenant)) {
    const { claim, map } = source;
    const values = claim === 'groups' && groups !== undefined ? groups : roleValues(claims, source);
    for (const value of values) {
      const given = map === null ? [value] : Object.hasOwn(map, value) ? (map[value] ?? []) : [];
      for (const role of given) for (const each of implied(role)) roles.add(each);
    }
  }
  if (roles.size > MAX_ROLES) throw identityError('token_claim_invalid', { about: 'roles' });
  return [...roles];
}

/** The claims that workflow rules may use. Claims of an unsupported shape are left out. */
export function ruleClaims(
  claims: JsonObject,
  names: readonly string[],
): Readonly<Record<string, ClaimValue>> {
  const found: [string, ClaimValue][] = [];
  for (const name of names) {
    const value = own(claims, name);
    if (isClaimValue(value)) found.push([name, value]);
  }
  return Object.fromEntries(found);
}
