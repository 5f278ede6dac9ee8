import { joinedKey } from '../../lib/joined-key.ts';
import type { Principal } from '../../domain/people/principal.ts';
import type { TeamsSender } from '../ports/teams-sender.ts';
import type { SingleUse } from '../../domain/workflow/workflow.ts';
import type { OnceKey } from '../ports/request-store.ts';
import type { SeenPerson } from '../ports/card-store.ts';

/** Longer than any issuer's clock tolerance: a used token is remembered until it has expired. */
const PAST_EXPIRY_MS = 600_000;

/** The key of a Teams person in stored conversations and people. */
export function personKey(person: { tenantId: string; objectId: string }): string {
  return conversationKey('person', person.tenantId, person.objectId);
}

/**
 * The key of a conversation: `person:<tenant>:<object id>` or `channel:<tenant>:<channel id>`. A colon
 * in the tenant is escaped, so that different tenants and ids never give the same key.
 */
export function conversationKey(kind: 'person' | 'channel', tenantId: string, id: string): string {
  return `${kind}:${tenantId.replaceAll(/[%:]/g, encodeURIComponent)}:${id}`;
}

/** What is stored of a person whose token was just verified. */
export function seenPerson(by: Principal, sender: TeamsSender, now: number): SeenPerson {
  const { tenantId, objectId, userId } = sender;
  const { name, claims } = by;
  // These roles find approvers, and an agent is none.
  const roles = by.kind === 'person' ? by.roles : [];
  return { key: personKey(sender), tenantId, objectId, userId, name, roles, claims, seenAt: now };
}

/** What a once-key is made with. */
interface Made {
  readonly requestId: string;
  /** Of what a submission asked for; a decision by an exchange has none. */
  readonly fingerprint: string | null;
  /** Keyed hash: a once-key names nobody. */
  readonly mac: (text: string) => string;
}

/**
 * The once-key of a person's token exchange. The exchange id comes first, because ids rise and
 * rising keys write fewer pages.
 */
export function exchangeKey(
  teams: { sender: TeamsSender; exchangeId: string | null },
  { mac, ...made }: Made,
  now: number,
): OnceKey | undefined {
  if (teams.exchangeId === null) return undefined;
  return {
    kind: 'exchange',
    key: joinedKey(teams.exchangeId, mac(personKey(teams.sender))),
    ...made,
    expiresAt: now + 86_400_000,
  };
}

/**
 * The once-key of a bearer token, by its issuer's id or its digest. Undefined where the workflow
 * lets a token be used again. Single sign-on tokens have none: Teams reuses them, so they are bound
 * to person and activity.
 */
export function tokenKey(
  by: Principal,
  { mac, ...made }: Made,
  singleUse: SingleUse = 'workloads',
): OnceKey | undefined {
  if (singleUse === 'nobody' || (singleUse === 'workloads' && by.kind === 'person')) {
    return undefined;
  }
  const { issuer, tokenId, digest, expiresAt } = by.token;
  return {
    kind: 'token',
    key: mac(tokenId === null ? joinedKey('digest', digest) : joinedKey('id', issuer, tokenId)),
    ...made,
    expiresAt: expiresAt + PAST_EXPIRY_MS,
  };
}
