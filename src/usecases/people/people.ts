import type { Principal } from '../../domain/people/principal.ts';
import { refuse } from '../../domain/refusal.ts';
import type { Refusal } from '../../domain/refusal.ts';
import type { TeamsSender } from '../ports/teams-sender.ts';
import type { SingleUse } from '../../domain/workflow/workflow.ts';
import type { OnceKey } from '../ports/request-store.ts';
import type { SeenPerson } from '../ports/card-store.ts';

/** Longer than the clock tolerance of any issuer: a token is remembered until nobody takes it. */
const PAST_EXPIRY_MS = 600_000;

/** Key of a Teams person in conversations and among people seen. */
export function personKey(person: { tenantId: string; objectId: string }): string {
  return `person:${person.tenantId}:${person.objectId}`;
}

/** What to remember of a person whose token was just verified. */
export function seenPerson(by: Principal, sender: TeamsSender, now: number): SeenPerson {
  return {
    key: personKey(sender),
    tenantId: sender.tenantId,
    objectId: sender.objectId,
    userId: sender.userId,
    name: by.name,
    roles: by.roles,
    claims: by.claims,
    seenAt: now,
  };
}

/**
 * The once-key of one token exchange of one person. `fingerprint` is of what a
 * submission asked for; a decision has none. The exchange stands first: our ids for them rise, and
 * a store that keeps rows by their keys need not touch a page for each of them.
 */
export function exchangeKey(
  teams: { sender: TeamsSender; exchangeId: string | null },
  made: { requestId: string; fingerprint: string | null },
  now: number,
): OnceKey | undefined {
  if (teams.exchangeId === null) return undefined;
  return {
    kind: 'exchange',
    key: `${teams.exchangeId}|${personKey(teams.sender)}`,
    ...made,
    expiresAt: now + 86_400_000,
  };
}

/**
 * The once-key of a bearer token, as far as the workflow says so; undefined where
 * it may be used again, or where it is single sign-on's: Teams reuses those, so they are bound to
 * person and activity instead. A token is known by its issuer's id for it, else by what it says.
 */
export function tokenKey(
  by: Principal,
  made: { requestId: string; fingerprint: string },
  singleUse: SingleUse = 'workloads',
): OnceKey | undefined {
  if (singleUse === 'nobody' || (singleUse === 'workloads' && by.kind !== 'workload')) {
    return undefined;
  }
  const { issuer, tokenId, digest, expiresAt } = by.token;
  return {
    kind: 'token',
    key: `${issuer}|${tokenId ?? digest}`,
    ...made,
    expiresAt: expiresAt + PAST_EXPIRY_MS,
  };
}

/** What a bearer token is told that has made or decided something before. */
export function tokenReplayed(): Refusal {
  return refuse('token_replayed', { proof: 'token' }).refusal;
}

/** What an exchange is told that was used for something else before. */
export function exchangeReplayed(): Refusal {
  return refuse('token_replayed', { proof: 'exchange' }).refusal;
}
