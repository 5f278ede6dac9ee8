import { sha256 } from '../../lib/hash.ts';
import type { Request } from '../request/request.ts';
import { seatsOf } from '../request/seats.ts';
import { claimWithValue } from './claim-value.ts';
import type { ClaimValue, Principal } from './principal.ts';

/**
 * The groups of people who may read a request, apart from auditors: an index finds what a person may
 * read by them. `mayRead` decides; a test holds both together. Each is a hash, of one length whatever
 * a claim holds.
 */
export function readersOf(request: Request): readonly string[] {
  const seats = request.plan.stages.flatMap(seatsOf);
  const people = [
    request.requester,
    request.beneficiary,
    ...request.decisions.map(({ approver }) => approver),
  ];
  return [
    ...new Set([
      ...people.map(({ key }) => personReader(key)),
      ...seats.flatMap(({ roles, where }) =>
        roles.map((role) =>
          where === null ? roleReader(role) : claimReader(role, where.claim, where.value),
        ),
      ),
    ]),
  ];
}

/** The groups of `readersOf` that a person belongs to. */
export function readersWith({
  key,
  roles,
  claims,
}: Pick<Principal, 'key' | 'roles' | 'claims'>): readonly string[] {
  const held = Object.keys(claims).flatMap((name) => {
    const value = claimWithValue(claims, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return [
    personReader(key),
    ...roles.flatMap((role) => [
      roleReader(role),
      ...held.map(([name, value]) => claimReader(role, name, value)),
    ]),
  ];
}

/** The group of one person. */
export function personReader(key: string): string {
  return hashOf(['person', key]);
}

function roleReader(role: string): string {
  return hashOf(['role', role]);
}

function claimReader(role: string, claim: string, value: ClaimValue): string {
  return hashOf(['claim', role, claim, value]);
}

/** As JSON, so that parts never meet. */
function hashOf(parts: readonly unknown[]): string {
  return sha256(JSON.stringify(parts));
}
