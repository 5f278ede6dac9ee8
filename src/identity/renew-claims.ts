import type { ClaimValue, Principal } from '../domain/people/principal.ts';
import type { Clock } from '../lib/clock.ts';
import { describeError } from '../lib/logger.ts';
import type { Logger } from '../lib/logger.ts';
import type { ClaimsRefresher, RenewClaims } from '../usecases/ports/ports.ts';

/**
 * Has a directory say what the person of a good token has now, in the place of claims that are too
 * old: single sign-on cannot ask for younger ones. All or nothing: a claim that the directory does
 * not tell would be as old as it was, so that the person has to sign in.
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
      return renewed(by, { roles: held.roles, claims: held.claims, at: clock.now() });
    } catch (error) {
      log.warn('claims were not looked up anew', { error: describeError(error) });
      return undefined;
    }
  };
}

function renewed(
  by: Principal,
  {
    roles,
    claims,
    at,
  }: {
    roles: readonly string[];
    claims: Readonly<Record<string, ClaimValue | null>>;
    at: number;
  },
): Principal {
  const there = Object.entries(claims).filter(
    (entry): entry is [string, ClaimValue] => entry[1] !== null,
  );
  return {
    ...by,
    roles,
    claims: Object.fromEntries(there),
    proof: { way: 'look-up', verifiedAt: at, sessionId: null },
  };
}
