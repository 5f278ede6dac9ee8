import type { ClaimsRefresher, Sessions } from '../usecases/ports.ts';

/**
 * Tells a person's roles by their live session, under claims that are fetched for this look.
 * Undefined where they have none, or where it speaks for another principal.
 */
export function rolesBySession(sessions: Pick<Sessions, 'current'>): ClaimsRefresher {
  return {
    async rolesNow({ key, tenant, objectId }) {
      if (tenant === null || objectId === null) return undefined;
      const sender = { tenantId: tenant, objectId };
      const by = await sessions.current(sender, { renew: true, unattended: true });
      return by?.key === key ? by.roles : undefined;
    },
  };
}
