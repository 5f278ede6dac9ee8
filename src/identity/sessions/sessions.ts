import type { Config, SessionConfig } from '../../config/config.ts';
import type { EventBody } from '../../domain/events/catalogue.ts';
import type { Principal, Proof } from '../../domain/people/principal.ts';
import { sleep } from '../../lib/loop.ts';
import type { RecordEvents } from '../../usecases/record-events.ts';
import type { Sessions } from '../../usecases/ports/sessions.ts';
import type { TeamsSender } from '../../usecases/ports/teams-sender.ts';
import type { StoredSession } from '../../usecases/ports/session-store.ts';
import { identityError } from '../codes.ts';
import { linkedIdentitiesOf, createLinks, isTeamsPerson } from '../tokens/links.ts';
import type { Links } from '../tokens/links.ts';
import { createRefresher, forget } from './session-refresh.ts';
import type { EndReason, RefreshParts } from './session-refresh.ts';
import { openSession, encryptSession } from './session-tokens.ts';
import type { SessionContent } from './session-tokens.ts';

/** How long a click waits for another replica's refresh: below Teams' own limit. */
const WAIT_MS = 100;
const ROUNDS = 60;
/** A use is written at most this often, to save writes. */
const TOUCH_EVERY_MS = 60_000;

export interface SessionParts extends RefreshParts {
  readonly config: Config;
  readonly record: RecordEvents;
}

type Sender = Pick<TeamsSender, 'tenantId' | 'objectId'>;

/** Sessions, with the functions that the sign-in and the housekeeping need. */
export interface SessionKeeper extends Sessions {
  /** Replaces the person's last session with a new one and returns its id. */
  start(sender: Sender, content: SessionContent): Promise<string>;
  /** Re-encrypts at most `limit` sessions with an older key; returns how many. */
  reencrypt(limit: number): Promise<number>;
}

/**
 * Sessions of people who signed in by the button. No session token leaves the service: the session
 * is found by the Teams person that the gate verified. It is read from the store at every click, so
 * its end takes effect at the next one on every replica.
 */
export function createSessions(parts: SessionParts, limits: SessionConfig): SessionKeeper {
  return new StoredSessions(parts, limits);
}

interface Found {
  readonly session: StoredSession;
  readonly content: SessionContent;
}

class StoredSessions implements SessionKeeper {
  readonly #parts: SessionParts;
  readonly #limits: SessionConfig;
  readonly #provider: string;
  readonly #links: Links;
  readonly #refresh: ReturnType<typeof createRefresher>;

  constructor(parts: SessionParts, limits: SessionConfig) {
    this.#parts = parts;
    this.#limits = limits;
    this.#provider = parts.client.signIn.issuer;
    this.#links = createLinks(parts.config.identity.links ?? [], parts.verifier.providers);
    this.#refresh = createRefresher(parts, (...ended) => this.#end(...ended));
  }

  areFresh({ token }: Principal): boolean {
    return this.#parts.clock.now() - token.issuedAt <= this.#limits.maxClaimAgeMs;
  }

  async current(
    sender: Sender,
    { renew = false, unattended = false }: { renew?: boolean; unattended?: boolean } = {},
  ): Promise<Principal | undefined> {
    let first: Found | undefined;
    for (let round = 0; round < ROUNDS; round += 1) {
      const found = await this.#find(sender);
      if (found === undefined) return undefined;
      const { session, content } = found;
      first ??= found;
      const renewed = session.generation > first.session.generation;
      // Another replica may have stored the new refresh token without claims, as it could not
      // verify them.
      if (renewed && haveSameClaims(first, found)) {
        throw identityError('session_refresh_unavailable');
      }
      const { principal, verifiedAt } = content;
      const good = this.areFresh(principal) && this.#parts.clock.now() < principal.token.expiresAt;
      if (good && (renewed || !renew)) {
        await this.#keep(found, this.#limits.sliding && !unattended);
        const way: Proof['way'] = renewed ? 'refresh' : 'session';
        return { ...principal, proof: { way, verifiedAt, sessionId: session.id } };
      }
      if (renewed) throw identityError('session_claims_stale');
      if (content.refreshToken === null) return undefined;
      const refreshed = await this.#refresh(session, content);
      if (refreshed === 'ended') return undefined;
      if (refreshed === 'busy') await sleep(WAIT_MS);
    }
    throw identityError('session_refresh_unavailable');
  }

  async signOut({ tenantId, objectId }: Sender): Promise<boolean> {
    const { clock, record, secrets, store } = this.#parts;
    const session = await store.findSession({ tenantId, objectId, provider: this.#provider });
    if (session === undefined) return false;
    const event = endedEvent(session, { reason: 'signed_out', actor: { key: session.principal } });
    const which = { kind: 'person', tenantId, objectId } as const;
    const ended = await record([event], clock.now(), (recorded) =>
      store.endSessions({ which, recorded }),
    );
    const content = await openSession(secrets, session);
    if (content !== undefined) await forget(this.#parts, session, content);
    return ended > 0;
  }

  async start({ tenantId, objectId }: Sender, content: SessionContent): Promise<string> {
    const { clock, ids, store, secrets, record } = this.#parts;
    const now = clock.now();
    const named = {
      // Always a new id: prevents session fixation.
      id: ids.next('ses', now),
      tenantId,
      objectId,
      provider: this.#provider,
      generation: 1,
      createdAt: now,
    };
    const session: StoredSession = {
      ...named,
      principal: content.principal.key,
      usedAt: now,
      endsAt: this.#endOf({ createdAt: now, usedAt: now }),
      ...(await encryptSession(secrets, named, content)),
    };
    const { key, name, roles, token } = content.principal;
    const { id: sessionId, provider } = session;
    const renewable = content.refreshToken !== null;
    const event: EventBody = {
      type: 'session.started',
      requestId: null,
      actor: { key, name },
      data: { sessionId, provider, renewable, roles, token },
    };
    await record([event], now, (recorded) => store.startSession(session, recorded));
    return sessionId;
  }

  async reencrypt(limit: number): Promise<number> {
    const { secrets, store } = this.#parts;
    const rows = await store.sessionsNotEncryptedWith(secrets.encryptionKey(), limit);
    for (const session of rows) {
      const content = await openSession(secrets, session);
      if (content === undefined) await this.#end(session, 'unreadable', null);
      else await this.#reencrypt({ session, content });
    }
    return rows.length;
  }

  /**
   * The sender's session if it has not ended, with the current links: a removed link ends it, a new
   * one enforces separation of duties from the next click on. Ends an unreadable one.
   */
  async #find({ tenantId, objectId }: Sender): Promise<Found | undefined> {
    const { store, clock, secrets } = this.#parts;
    const session = await store.findSession({ tenantId, objectId, provider: this.#provider });
    if (session === undefined || clock.now() >= this.#endOf(session)) return undefined;
    const content = await openSession(secrets, session);
    if (content === undefined) {
      await this.#end(session, 'unreadable', null);
      return undefined;
    }
    const linkedIdentities = linkedIdentitiesOf(this.#links, content.principal, null);
    const principal = { ...content.principal, linkedIdentities };
    if (isTeamsPerson(principal, session)) return { session, content: { ...content, principal } };
    await this.#end(session, 'unlinked', null);
    return undefined;
  }

  async #end(session: StoredSession, reason: EndReason, code: string | null): Promise<void> {
    const { clock, log, record, store } = this.#parts;
    const event = endedEvent(session, { reason, actor: null, ...(code === null ? {} : { code }) });
    const which = { kind: 'one', id: session.id } as const;
    await record([event], clock.now(), (recorded) => store.endSessions({ which, recorded }));
    log.warn('a session was ended', { session: session.id, reason, code });
  }

  /** When a session ends under the current limits. */
  #endOf({ createdAt, usedAt }: Pick<StoredSession, 'createdAt' | 'usedAt'>): number {
    const { idleMs, absoluteMs } = this.#limits;
    return Math.min(createdAt + absoluteMs, usedAt + idleMs);
  }

  /** Records the use where it extends the session, and re-encrypts a row with an older key. */
  async #keep(found: Found, extend: boolean): Promise<void> {
    const { secrets, clock, store } = this.#parts;
    const { id, generation, createdAt, usedAt, encryptedWith } = found.session;
    if (encryptedWith !== secrets.encryptionKey()) await this.#reencrypt(found);
    const now = clock.now();
    if (!extend || now - usedAt < Math.min(TOUCH_EVERY_MS, this.#limits.idleMs / 10)) return;
    const endsAt = this.#endOf({ createdAt, usedAt: now });
    await store.touchSession({ id, generation, usedAt: now, endsAt });
  }

  async #reencrypt({ session, content }: Found): Promise<void> {
    const { store, secrets } = this.#parts;
    const { id, generation } = session;
    const encrypted = await encryptSession(secrets, session, content);
    await store.reencryptSession({ id, generation, ...encrypted });
  }
}

/** Whether two states of a row hold claims of the same token. */
function haveSameClaims({ content: one }: Found, { content: other }: Found): boolean {
  return (
    one.verifiedAt === other.verifiedAt &&
    one.principal.token.digest === other.principal.token.digest
  );
}

/** The event of a session's end; `code` gives details. */
function endedEvent(
  { id: sessionId, tenantId, objectId, provider, principal, generation }: StoredSession,
  { actor, ...why }: { reason: EndReason; code?: string; actor: { key: string } | null },
): EventBody {
  const data = { sessionId, tenantId, objectId, provider, principal, generation, ...why };
  return { type: 'session.ended', requestId: null, actor, data };
}
