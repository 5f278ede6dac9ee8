import type { EventBody } from '../../domain/events/catalogue.ts';
import type { Principal } from '../../domain/people/principal.ts';
import type { StoredSession } from '../../usecases/ports/session-store.ts';

/**
 * Why a session ended early. `refresh_refused`: the provider revoked the refresh token (also after
 * it saw it twice); `refresh_reused`: another user of the token was faster; `claims_refused`: the
 * refreshed claims are invalid or another person's; `unlinked`: no link names this Teams person any
 * more; `unreadable`: the row was changed.
 */
export type EndReason =
  | 'signed_out'
  | 'revoked'
  | 'refresh_refused'
  | 'refresh_reused'
  | 'claims_refused'
  | 'unlinked'
  | 'unreadable';

/** The event of a session's start. */
export function startedEvent(started: {
  session: StoredSession;
  by: Principal;
  renewable: boolean;
}): EventBody {
  const { session, by, renewable } = started;
  const { id: sessionId, provider } = session;
  return {
    type: 'session.started',
    requestId: null,
    actor: { key: by.key, name: by.name },
    data: { sessionId, provider, renewable, roles: by.roles, token: by.token },
  };
}

/** The event of a session's end; `code` gives details. */
export function endedEvent(ended: {
  session: StoredSession;
  reason: EndReason;
  code: string | null;
  actor: string | null;
}): EventBody {
  const { session, reason, code, actor } = ended;
  const { id, tenantId, objectId, provider, principal, generation } = session;
  return {
    type: 'session.ended',
    requestId: null,
    actor: actor === null ? null : { key: actor },
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
