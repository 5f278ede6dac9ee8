import type { ClaimsRefresher } from '../../usecases/ports/claims-refresher.ts';
import type { Sessions } from '../../usecases/ports/sessions.ts';

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
      return by?.key === person.key ? { roles: by.roles, claims: by.claims } : undefined;
    },
  };
}
