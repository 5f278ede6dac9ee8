import type { ClaimsRefresher, Sessions } from '../../usecases/ports/ports.ts';

/**
 * Tells a person's roles and claims by their live session, under claims that are fetched for this
 * look. Undefined where they have none, or where it speaks for another principal. A claim that the
 * token does not carry is not told: it may be left out of tokens, or be gone.
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
