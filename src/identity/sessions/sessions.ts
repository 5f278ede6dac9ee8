import type { Config, SessionConfig } from '../../config/config.ts';
import type { Principal, Proof } from '../../domain/people/principal.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';
import { sleep } from '../../lib/loop.ts';
import type { RecordEvents } from '../../usecases/record-events.ts';
import type { Sessions } from '../../usecases/ports/sessions.ts';
import type { TeamsSender } from '../../usecases/ports/teams-sender.ts';
import type {
  SessionOwner,
  SessionStore,
  StoredSession,
} from '../../usecases/ports/session-store.ts';
import { identityError } from '../codes.ts';
import { linkedIdentitiesOf, createLinks, isTeamsPerson } from '../tokens/links.ts';
import type { Links } from '../tokens/links.ts';
import { endedEvent, startedEvent } from './session-events.ts';
import type { EndReason } from './session-events.ts';
import { createRefresher, forget } from './session-refresh.ts';
import { openSession, encryptSession } from './session-tokens.ts';
import type { SessionContent, SessionSecrets } from './session-tokens.ts';
import type { SignInFlow } from '../sign-in/sign-in-flow.ts';
import type { Verifier } from '../tokens/verify-token.ts';

/** How long a click waits for another replica's refresh: below Teams' own limit. */
const WAIT_MS = 100;
const ROUNDS = 60;
/** A use is written at most this often, to save writes. */
const TOUCH_EVERY_MS = 60_000;

export interface SessionParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly store: SessionStore;
  readonly record: RecordEvents;
  readonly secrets: SessionSecrets;
  readonly verifier: Verifier;
  readonly flow: SignInFlow;
  readonly wait?: (ms: number) => Promise<void>;
}

/** Sessions, with the functions that the sign-in and the housekeeping need. */
export interface SessionKeeper extends Sessions {
  /** Replaces the person's last session with a new one and returns its id. */
  start(
    sender: Pick<TeamsSender, 'tenantId' | 'objectId'>,
    content: SessionContent,
  ): Promise<string>;
  /** Re-encrypts at most `limit` sessions with an older key; returns how many. */
  reencrypt(limit: number): Promise<number>;
}

/**
 * Sessions of people who signed in by the button. No session token leaves the service: the session
 * is found by the Teams person that the gate verified. It is read from the store at every click, so
 * its end takes effect at the next one on every replica.
 */
export function createSessions(parts: SessionParts, limits: SessionConfig): SessionKeeper {
  const { clock, store, secrets, flow } = parts;
  const provider = flow.signIn.issuer;
  const links = createLinks(parts.config.identity.links ?? [], parts.verifier.providers);
  const end = async (session: StoredSession, reason: EndReason, code: string | null) => {
    const event = endedEvent({ session, reason, code, actor: null });
    const which = { kind: 'one', id: session.id } as const;
    await parts.record([event], clock.now(), (recorded) => store.endSessions({ which, recorded }));
    parts.log.warn('a session was ended', { session: session.id, reason, code });
  };
  const refresh = createRefresher({ ...parts, end });
  const areFresh = ({ token }: Principal) => clock.now() - token.issuedAt <= limits.maxClaimAgeMs;
  const find = async ({ tenantId, objectId }: Pick<TeamsSender, 'tenantId' | 'objectId'>) => {
    const found = await live(parts, limits, { tenantId, objectId, provider }, end);
    return found && linkedNow(found, links, end);
  };

  return {
    areFresh,
    current: (sender, wish = {}) =>
      current({ parts, limits, find: () => find(sender), refresh, areFresh }, wish),
    async signOut({ tenantId, objectId }) {
      const session = await store.findSession({ tenantId, objectId, provider });
      if (session === undefined) return false;
      const event = endedEvent({
        session,
        reason: 'signed_out',
        code: null,
        actor: session.principal,
      });
      const which = { kind: 'person', tenantId, objectId } as const;
      const ended = await parts.record([event], clock.now(), (recorded) =>
        store.endSessions({ which, recorded }),
      );
      const content = await openSession(secrets, session);
      if (content !== undefined) await forget(parts, session, content);
      return ended > 0;
    },
    start: ({ tenantId, objectId }, content) =>
      start(parts, limits, { owner: { tenantId, objectId, provider }, content }),
    async reencrypt(limit) {
      const rows = await store.sessionsNotEncryptedWith(secrets.encryptionKey(), limit);
      for (const session of rows) {
        const content = await openSession(secrets, session);
        if (content === undefined) await end(session, 'unreadable', null);
        else await reencrypt(parts, { session, content });
      }
      return rows.length;
    },
  };
}

interface Lookup {
  readonly parts: SessionParts;
  readonly limits: SessionConfig;
  readonly find: () => Promise<Found | undefined>;
  readonly refresh: ReturnType<typeof createRefresher>;
  readonly areFresh: Sessions['areFresh'];
}

/** The person of the session with fresh claims; undefined: there is no session that gives them. */
async function current(
  { parts, limits, find, refresh, areFresh }: Lookup,
  { renew = false, unattended = false }: { renew?: boolean; unattended?: boolean },
): Promise<Principal | undefined> {
  const wait = parts.wait ?? sleep;
  let first: Found | undefined;
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = await find();
    if (found === undefined) return undefined;
    const { session, content } = found;
    first ??= found;
    const renewed = session.generation > first.session.generation;
    // Another replica may have stored the new refresh token without claims, as it could not
    // verify them.
    if (renewed && haveSameClaims(first, found)) {
      throw identityError('session_refresh_unavailable');
    }
    const { principal } = content;
    const good = areFresh(principal) && parts.clock.now() < principal.token.expiresAt;
    if (good && (renewed || !renew)) {
      await keep(parts, unattended ? { ...limits, sliding: false } : limits, found);
      return proven(found, renewed ? 'refresh' : 'session');
    }
    if (renewed) throw identityError('session_claims_stale');
    if (content.refreshToken === null) return undefined;
    const refreshed = await refresh(session, content);
    if (refreshed === 'ended') return undefined;
    if (refreshed === 'busy') await wait(WAIT_MS);
  }
  throw identityError('session_refresh_unavailable');
}

async function start(
  { clock, ids, store, secrets, record }: SessionParts,
  limits: SessionConfig,
  { owner, content }: { owner: SessionOwner; content: SessionContent },
): Promise<string> {
  const now = clock.now();
  // Always a new id: prevents session fixation.
  const named = { ...owner, id: ids.next('ses', now), generation: 1, createdAt: now };
  const session: StoredSession = {
    ...named,
    principal: content.principal.key,
    usedAt: now,
    endsAt: endOf(limits, { createdAt: now, usedAt: now }),
    ...(await encryptSession(secrets, named, content)),
  };
  const renewable = content.refreshToken !== null;
  const event = startedEvent({ session, by: content.principal, renewable });
  await record([event], now, (recorded) => store.startSession(session, recorded));
  return session.id;
}

interface Found {
  readonly session: StoredSession;
  readonly content: SessionContent;
}

/** The owner's session if it has not ended. Ends an unreadable one. */
async function live(
  { store, clock, secrets }: SessionParts,
  limits: SessionConfig,
  owner: SessionOwner,
  end: (session: StoredSession, reason: EndReason, code: string | null) => Promise<void>,
): Promise<Found | undefined> {
  const session = await store.findSession(owner);
  if (session === undefined || clock.now() >= endOf(limits, session)) return undefined;
  const content = await openSession(secrets, session);
  if (content !== undefined) return { session, content };
  await end(session, 'unreadable', null);
  return undefined;
}

/**
 * Applies the current links to the session: a removed link ends it, a new one enforces separation
 * of duties from the next click on.
 */
async function linkedNow(
  found: Found,
  links: Links,
  end: (session: StoredSession, why: EndReason, code: string | null) => Promise<void>,
): Promise<Found | undefined> {
  const { session, content } = found;
  const linkedIdentities = linkedIdentitiesOf(links, content.principal, null);
  const principal = { ...content.principal, linkedIdentities };
  if (isTeamsPerson(principal, session)) return { session, content: { ...content, principal } };
  await end(session, 'unlinked', null);
  return undefined;
}

/** Whether two states of a row hold claims of the same token. */
function haveSameClaims({ content: one }: Found, { content: other }: Found): boolean {
  return (
    one.verifiedAt === other.verifiedAt &&
    one.principal.token.digest === other.principal.token.digest
  );
}

/** When a session ends under the current limits. */
function endOf(
  { idleMs, absoluteMs }: SessionConfig,
  { createdAt, usedAt }: Pick<StoredSession, 'createdAt' | 'usedAt'>,
): number {
  return Math.min(createdAt + absoluteMs, usedAt + idleMs);
}

/** Records the use, and re-encrypts a row with an older key. */
async function keep(parts: SessionParts, limits: SessionConfig, found: Found): Promise<void> {
  const { session } = found;
  const now = parts.clock.now();
  if (session.encryptedWith !== parts.secrets.encryptionKey()) await reencrypt(parts, found);
  const due = Math.min(TOUCH_EVERY_MS, limits.idleMs / 10);
  if (!limits.sliding || now - session.usedAt < due) return;
  const { id, generation, createdAt } = session;
  const endsAt = endOf(limits, { createdAt, usedAt: now });
  await parts.store.touchSession({ id, generation, usedAt: now, endsAt });
}

async function reencrypt(
  { store, secrets }: SessionParts,
  { session, content }: Found,
): Promise<void> {
  const { id, generation } = session;
  await store.reencryptSession({
    id,
    generation,
    ...(await encryptSession(secrets, session, content)),
  });
}

function proven({ session, content }: Found, way: Proof['way']): Principal {
  const { principal, verifiedAt } = content;
  return { ...principal, proof: { way, verifiedAt, sessionId: session.id } };
}
