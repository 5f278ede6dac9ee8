import type { Principal } from './principal.ts';

/** Who administers and who audits the service; nobody where the lists are empty. */
export interface Administration {
  /** Ids of the issuers whose roles count. */
  readonly issuers: readonly string[];
  /** Roles of administrators. */
  readonly roles: readonly string[];
  /** Roles of auditors, who read every request and decide nothing by it. */
  readonly auditorRoles: readonly string[];
}

/** Whether a principal administers the service. */
export function isAdministrator(administration: Administration, principal: Principal): boolean {
  return holds(administration, administration.roles, principal);
}

/** Whether a principal may read every request. */
export function isAuditor(administration: Administration, principal: Principal): boolean {
  return holds(administration, administration.auditorRoles, principal);
}

/** A person of a listed issuer: other issuers may use the same role for something else. */
function holds(
  { issuers }: Administration,
  roles: readonly string[],
  { kind, provider, roles: held }: Principal,
): boolean {
  return (
    kind === 'person' && issuers.includes(provider) && roles.some((role) => held.includes(role))
  );
}
