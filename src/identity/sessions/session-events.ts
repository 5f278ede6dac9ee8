import type { AuditEvent } from '../../domain/events/catalogue.ts';
import type { Principal } from '../../domain/people/principal.ts';
import type { Ids } from '../../lib/ids.ts';
import type { StoredSession } from '../../usecases/ports/store.ts';

/**
 * Why a session ended before its time. `refresh_refused`: the provider took the refresh token back
 * (also where it saw it used twice); `refresh_reused`: somebody else used it meanwhile;
 * `claims_refused`: the refreshed claims are not this person's, or not good; `unlinked`: no link
 * says any more that who signed in is this Teams person; `unreadable`: the row is not as it was
 * written.
 */
export type EndReason =
  | 'signed_out'
  | 'revoked'
  | 'refresh_refused'
  | 'refresh_reused'
  | 'claims_refused'
  | 'unlinked'
  | 'unreadable';

/** A sign-in that carries on. */
export function startedEvent(
  ids: Ids,
  now: number,
  started: { session: StoredSession; by: Principal; renewable: boolean },
): AuditEvent {
  const { session, by, renewable } = started;
  return {
    id: ids.next('evt', now),
    at: now,
    type: 'session.started',
    requestId: null,
    actor: by.key,
    data: {
      sessionId: session.id,
      provider: session.provider,
      renewable,
      roles: by.roles,
      token: by.token,
    },
  };
}

/** The end of one session. `code` says more where there is more to say. */
export function endedEvent(
  ids: Ids,
  now: number,
  ended: {
    session: StoredSession;
    reason: EndReason;
    code: string | null;
    actor: string | null;
  },
): AuditEvent {
  const { session, reason, code, actor } = ended;
  const { id, tenantId, objectId, provider, principal, generation } = session;
  return {
    id: ids.next('evt', now),
    at: now,
    type: 'session.ended',
    requestId: null,
    actor,
    data: {
      sessionId: id,
      tenantId,
      objectId,
      provider,
      principal,
      generation,
      reason,
      ...(code === null ? {} : { code }),
    },
  };
}
