import type { ClaimValue } from '../domain/people/principal.ts';
import type { Clock } from '../lib/clock.ts';
import { describeError } from '../lib/logger.ts';
import type { Logger } from '../lib/logger.ts';
import type { ClaimsRefresher } from '../usecases/ports/claims-refresher.ts';
import type { RenewClaims } from '../usecases/ports/renew-claims.ts';

/**
 * Replaces stale claims of a good token with the directory's current ones, because single sign-on
 * cannot request newer claims. All or nothing: if the directory lacks a claim, the person must sign
 * in.
 */
export function renewClaimsBy({
  refresher,
  clock,
  log,
}: {
  refresher: ClaimsRefresher;
  clock: Clock;
  log: Logger;
}): RenewClaims {
  return async (by) => {
    const names = Object.keys(by.claims);
    try {
      const held = await refresher.heldNow({ person: by, teams: null, claims: names });
      if (!held || names.some((name) => !Object.hasOwn(held.claims, name))) return undefined;
      const claims = Object.entries(held.claims).filter(
        (entry): entry is [string, ClaimValue] => entry[1] !== null,
      );
      const proof = { way: 'look-up', verifiedAt: clock.now(), sessionId: null } as const;
      return { ...by, roles: held.roles, claims: Object.fromEntries(claims), proof };
    } catch (error) {
      log.warn('claims could not be renewed from the directory', { error: describeError(error) });
      return undefined;
    }
  };
}
