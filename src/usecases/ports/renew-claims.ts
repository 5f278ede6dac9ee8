import type { Principal } from '../../domain/people/principal.ts';

/**
 * Returns a principal with current roles and claims, if a source other than the token has all of
 * them; undefined otherwise.
 */
export type RenewClaims = (by: Principal) => Promise<Principal | undefined>;
