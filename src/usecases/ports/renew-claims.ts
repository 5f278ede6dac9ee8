import type { Principal } from '../../domain/people/principal.ts';

/**
 * A principal under roles and claims of this moment, where something besides their token tells all
 * of them; undefined where nothing does.
 */
export type RenewClaims = (by: Principal) => Promise<Principal | undefined>;
