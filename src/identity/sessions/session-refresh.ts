import { joinedKey } from '../../lib/joined-key.ts';
import type { Principal } from '../../domain/people/principal.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import { describeError } from '../../lib/logger.ts';
import type { Logger } from '../../lib/logger.ts';
import { IdentityError } from '../../usecases/ports/identity-error.ts';
import type { SessionStore, StoredSession } from '../../usecases/ports/session-store.ts';
import { identityError } from '../codes.ts';
import { encryptSession } from './session-tokens.ts';
import type { SessionContent, SessionSecrets } from './session-tokens.ts';
import type { SignInClient, SignInTokens } from '../sign-in/sign-in-client.ts';
import type { Verifier } from '../tokens/verify-token.ts';

/**
 * The lease of one refresh. Metadata, tokens and keys take up to five seconds each, a group lookup
 * five plus three for its login. After a crash, the others wait no longer than this.
 */
const LEASE_MS = 30_000;

/**
 * Temporary failures: the token may be good, but cannot be checked now. Its key is not known yet (a
 * rotation), or the directory does not answer.
 */
const TRANSIENT = [
  'token_keys_unavailable',
  'token_key_unknown',
  'token_key_ambiguous',
  'groups_unavailable',
  'agents_unavailable',
];

/**
 * `renewed`: the row has new claims; `ended`: there is no session; `busy`: another replica
 * refreshes.
 */
export type Refreshed = 'renewed' | 'ended' | 'busy';

export interface RefreshParts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly store: SessionStore;
  readonly secrets: SessionSecrets;
  readonly verifier: Verifier;
  readonly client: SignInClient;
}

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

/** Ends a session and records why. */
type End = (session: StoredSession, why: EndReason, code: string | null) => Promise<void>;

/**
 * Creates the refresh of a session's claims. A refresh token has one user at a time: callers in
 * this process share one refresh, and between replicas the row's lease decides. The result is
 * written as the next generation. If the row has moved on, somebody else used the token, so the
 * session ends (RFC 9700 4.14.2).
 */
export function createRefresher(
  parts: RefreshParts,
  end: End,
): (session: StoredSession, content: SessionContent) => Promise<Refreshed> {
  const flights = new Map<string, Promise<Refreshed>>();
  return (session, content) => {
    const key = joinedKey(session.id, String(session.generation));
    const flying = flights.get(key);
    if (flying !== undefined) return flying;
    const flight = refresh({ ...parts, end }, session, content).finally(() => flights.delete(key));
    flights.set(key, flight);
    return flight;
  };
}

async function refresh(
  parts: RefreshParts & { end: End },
  session: StoredSession,
  content: SessionContent,
): Promise<Refreshed> {
  const { store, clock, ids, secrets } = parts;
  const { id, generation } = session;
  const { refreshToken } = content;
  if (refreshToken === null) return 'ended';
  const now = clock.now();
  const holder = ids.secret(16);
  const mine = await store.leaseRefresh({ id, generation, holder, until: now + LEASE_MS, now });
  if (!mine) return 'busy';
  const tokens = await ask(parts, { session, refreshToken, holder });
  if (tokens === undefined) return 'ended';
  // From here on the old refresh token is used up: the new one must be stored.
  const { principal, failure } = await claimsOf(parts, content, tokens);
  if (principal === undefined && !TRANSIENT.includes(failure.code)) {
    await parts.end(session, 'claims_refused', failure.code);
    return 'ended';
  }
  const renewed: SessionContent = {
    ...content,
    ...(principal ? { principal, verifiedAt: clock.now() } : {}),
    refreshToken: tokens.refreshToken ?? refreshToken,
  };
  const next = { ...session, generation: generation + 1 };
  const written = await store.renewSession({
    id,
    generation,
    ...(await encryptSession(secrets, next, renewed)),
  });
  if (!written) {
    await parts.end(session, 'refresh_reused', null);
    await forget(parts, session, renewed);
    return 'ended';
  }
  if (principal === undefined) {
    throw identityError('session_refresh_unavailable', { cause: failure });
  }
  return 'renewed';
}

/** Revokes an unused refresh token at the provider. A failure is only logged. */
export async function forget(
  { client, log }: Pick<RefreshParts, 'client' | 'log'>,
  session: StoredSession,
  { refreshToken }: Pick<SessionContent, 'refreshToken'>,
): Promise<void> {
  if (refreshToken === null) return;
  try {
    await client.revoke(refreshToken, session.tenantId);
  } catch (error) {
    log.warn('a refresh token was not revoked at its provider', { error: describeError(error) });
  }
}

/** The new tokens; undefined where the provider ended the session. */
async function ask(
  parts: RefreshParts & { end: End },
  held: { session: StoredSession; refreshToken: string; holder: string },
): Promise<SignInTokens | undefined> {
  const { session, refreshToken, holder } = held;
  try {
    return await parts.client.refresh(refreshToken, session.tenantId);
  } catch (error) {
    if (error instanceof IdentityError && error.code === 'session_refresh_refused') {
      await parts.end(session, 'refresh_refused', reasonOf(error));
      return undefined;
    }
    parts.log.warn('a session was not refreshed', { error: describeError(error) });
    await parts.store.releaseRefresh({ id: session.id, holder });
    throw error;
  }
}

/** The provider's error code, such as `invalid_grant`. */
function reasonOf({ cause, code }: IdentityError): string {
  const word = (cause as { error?: unknown } | undefined)?.error;
  return typeof word === 'string' ? word.slice(0, 100) : code;
}

async function claimsOf(
  { verifier, client }: RefreshParts,
  content: SessionContent,
  tokens: SignInTokens,
): Promise<
  { principal: Principal; failure?: undefined } | { principal?: undefined; failure: IdentityError }
> {
  try {
    const { principal } = await verifier.verify(tokens.idToken, {
      kind: 'refresh',
      provider: client.signIn.issuer,
      clientId: client.signIn.clientId,
      nonce: content.nonce,
    });
    return { principal: continued(content.principal, principal) };
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    return { failure: error };
  }
}

/**
 * Checks that the refreshed principal is the same one (OpenID Connect Core 12.2: same `iss` and
 * `sub`). A refresh is not an authentication, so the earlier authentication time counts, and none
 * is added where the sign-in had none. An agent stays one: refreshed claims may lack its facets,
 * which proves nothing.
 */
function continued(before: Principal, after: Principal): Principal {
  const same =
    after.key === before.key &&
    after.subject === before.subject &&
    after.token.issuer === before.token.issuer;
  if (!same) throw identityError('token_claim_invalid', { about: 'sub' });
  const [first, refreshed] = [before.token.authTime, after.token.authTime];
  const authTime = first === null ? null : Math.min(first, refreshed ?? first);
  const kind = before.kind === 'agent' ? before.kind : after.kind;
  return { ...after, kind, token: { ...after.token, authTime } };
}
