import type { Principal } from '../domain/principal.ts';
import { refuse } from '../domain/refusal.ts';
import type { Refusal } from '../domain/refusal.ts';
import type { TeamsSender } from './ports.ts';
import type { Claim, SeenPerson } from './store-ports.ts';

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
 * The claim that makes one token exchange of one person count once. `fingerprint` is of what a
 * submission asked for; a decision has none.
 */
export function exchangeClaim(
  teams: { sender: TeamsSender; exchangeId: string | null },
  made: { requestId: string; fingerprint: string | null },
  now: number,
): Claim | undefined {
  if (teams.exchangeId === null) return undefined;
  return {
    kind: 'exchange',
    key: `${personKey(teams.sender)}|${teams.exchangeId}`,
    ...made,
    expiresAt: now + 86_400_000,
  };
}

/** What an exchange is told that was used for something else before. */
export function exchangeReplayed(): Refusal {
  return refuse(
    'token_replayed', 'This sign-in was used for something else already. Press the button again.',
  ).refusal;
}
