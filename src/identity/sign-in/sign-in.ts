import { joinedKey } from '../../lib/joined-key.ts';
import type { Config } from '../../config/config.ts';
import type { Principal } from '../../domain/people/principal.ts';
import { meetsStepUp } from '../../domain/request/step-up.ts';
import type { StepUp } from '../../domain/request/step-up.ts';
import type { Clock } from '../../lib/clock.ts';
import { sameSecret, sha256 } from '../../lib/hash.ts';
import type { Ids } from '../../lib/ids.ts';
import type { SignIn } from '../../usecases/ports/sign-in.ts';
import type { SignInPages } from '../../usecases/ports/sign-in-pages.ts';
import type { StoredSecrets } from '../../usecases/ports/stored-secrets.ts';
import type { SignInAttempt, SignInLink, SignInStore } from '../../usecases/ports/sign-in-store.ts';
import { IdentityError } from '../../usecases/ports/identity-error.ts';
import type { Fetch } from '../../net/bounded-fetch.ts';
import { identityError } from '../codes.ts';
import { isTeamsPerson } from '../tokens/links.ts';
import { encryptForRow, openRow } from '../row-secrets.ts';
import type { SessionContent } from '../sessions/session-tokens.ts';
import type { SessionKeeper } from '../sessions/sessions.ts';
import { createSignInClient } from './sign-in-client.ts';
import type { AttemptSecrets, SignInClient } from './sign-in-client.ts';
import { clearedSignInCookie, readSignInCookie, signInCookie } from './sign-in-cookie.ts';
import { createTries } from './tries.ts';
import type { Verifier } from '../tokens/verify-token.ts';

/** The total lifetime of a link, its sign-in and its code. */
const SIGN_IN_MS = 10 * 60_000;

/**
 * Eight digits are short enough to type. They are also safe: a code counts only with an activity of
 * the person it was stored for, so a guess can only win the attacker's own identity. Five wrong
 * codes in ten minutes lock that person.
 */
const CODE_DIGITS = 8;
const CODE = /^\d{8}$/;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

export interface SignInParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly store: SignInStore;
  readonly secrets: StoredSecrets;
  readonly verifier: Verifier;
  readonly fetch?: Fetch;
  /** Starts a session with the redeemed identity; without it, the sign-in counts for one click. */
  readonly sessions?: Pick<SessionKeeper, 'start'>;
  /** Records that somebody else than the link's person signed in, or an application. */
  readonly mismatch?: (seen: {
    person: Pick<SignInLink, 'tenantId' | 'objectId'>;
    requestId: string | null;
    code: string;
    /** Left out for the token of an application. */
    signedInAs?: string;
  }) => Promise<void>;
}

/**
 * The sign-in button. A link is for one person, request and revision, and opens once in one
 * browser. Its result is stored, and counts only when an activity of that person sends the code.
 * The store holds only hashes and ciphertext.
 *
 * @throws Error at once where teams.signIn names an unknown issuer.
 */
export function createSignIn(parts: SignInParts): SignIn & SignInPages {
  const { clock, ids, store, config } = parts;
  const client = createSignInClient(parts);
  const tries = createTries({ clock, limit: 5, windowMs: SIGN_IN_MS });
  return {
    async createLink({ sender, requestId, revision, stepUp = null }) {
      required(client);
      const secret = ids.secret(32);
      await store.addLink({
        id: sha256(secret),
        tenantId: sender.tenantId,
        objectId: sender.objectId,
        requestId,
        revision,
        expiresAt: clock.now() + SIGN_IN_MS,
        demand: stepUp === null ? null : JSON.stringify(stepUp),
      });
      return `${config.server.publicUrl}/auth/start?link=${secret}`;
    },
    begin: async ({ link }) => begin(parts, required(client), link),
    finish: async (input) => finish(parts, required(client), input),
    async redeem({ code, sender, requestId, revision }) {
      required(client);
      const person = joinedKey(sender.tenantId, sender.objectId);
      if (tries.exhausted(person)) throw identityError('sign_in_too_many_tries');
      const { tenantId, objectId } = sender;
      const parked = CODE.test(code)
        ? await store.redeem({ code: sha256(code), tenantId, objectId }, clock.now())
        : undefined;
      if (parked === undefined) {
        tries.failed(person);
        throw identityError('sign_in_code_invalid');
      }
      if (parked.requestId !== requestId || parked.revision !== revision) {
        throw identityError('sign_in_other_request');
      }
      const content = await opened<SessionContent>(parts, { parked: parked.id }, parked.identity);
      const { principal, verifiedAt } = content;
      if (!isTeamsPerson(principal, sender)) throw identityError('sign_in_wrong_person');
      if (principal.token.expiresAt <= clock.now()) throw identityError('token_expired');
      const sessionId = (await parts.sessions?.start(sender, content)) ?? null;
      return { ...principal, proof: { way: 'sign-in', verifiedAt, sessionId } };
    },
  };
}

async function begin(
  parts: SignInParts,
  client: SignInClient,
  link: string,
): Promise<{ redirectTo: string; setCookie: string }> {
  if (!SECRET.test(link)) throw identityError('sign_in_link_invalid');
  const { ids, store, clock } = parts;
  const browser = ids.secret(32);
  const secrets: AttemptSecrets = {
    state: ids.secret(32),
    nonce: ids.secret(32),
    verifier: ids.secret(32),
  };
  const id = sha256(link);
  // Before the link is used up: an unreachable provider must not cost the link.
  await client.ready();
  const state = sha256(secrets.state);
  const opened = await store.openLink(
    id,
    {
      state,
      browser: sha256(browser),
      nonce: sha256(secrets.nonce),
      verifier: await encryptForRow(parts.secrets, { attempt: id }, secrets),
    },
    clock.now(),
  );
  if (opened === undefined) throw identityError('sign_in_link_invalid');
  const { tenantId, objectId } = opened;
  const stepUp = demandOf(opened);
  return {
    redirectTo: await client.authorizationUrl(secrets, { tenantId, objectId, stepUp }),
    setCookie: signInCookie(browser, SIGN_IN_MS),
  };
}

async function finish(
  parts: SignInParts,
  client: SignInClient,
  input: { query: URLSearchParams; cookie: string | undefined },
): Promise<{ code: string; setCookie: string }> {
  const { ids, store, clock, verifier } = parts;
  const [state, ...more] = input.query.getAll('state');
  if (state === undefined || more.length > 0 || !SECRET.test(state)) {
    throw identityError('sign_in_unknown');
  }
  const attempt = await store.takeAttempt(sha256(state), clock.now());
  if (attempt === undefined) throw identityError('sign_in_unknown');
  assertBrowser(attempt, input.cookie);
  const secrets = await opened<AttemptSecrets>(parts, { attempt: attempt.id }, attempt.verifier);
  if (sha256(secrets.state) !== attempt.state || sha256(secrets.nonce) !== attempt.nonce) {
    throw identityError('sign_in_unknown');
  }
  const { idToken, refreshToken } = await client.tokens(input.query, secrets, attempt.tenantId);
  const { principal } = await verifier
    .verify(idToken, {
      kind: 'sign-in',
      provider: client.signIn.issuer,
      clientId: client.signIn.clientId,
      nonce: secrets.nonce,
    })
    .catch(async (error: unknown) => {
      if (error instanceof IdentityError && error.code === 'token_kind_not_accepted') {
        await report(parts, attempt, { code: error.code });
      }
      throw error;
    });
  await checkPerson(parts, principal, attempt);
  checkDemand(attempt, principal, clock.now());
  const code = ids.code(CODE_DIGITS);
  const content: SessionContent = {
    principal,
    verifiedAt: clock.now(),
    nonce: secrets.nonce,
    // Stored only where sessions use it.
    refreshToken: parts.sessions ? refreshToken : null,
  };
  const identity = await encryptForRow(parts.secrets, { parked: attempt.id }, content);
  await store.park(attempt.id, { code: sha256(code), identity }, clock.now());
  return { code, setCookie: clearedSignInCookie() };
}

/** What was encrypted for a link. @throws IdentityError `sign_in_unknown`. */
async function opened<Content>(
  { secrets }: SignInParts,
  row: { attempt: string } | { parked: string },
  encrypted: string,
): Promise<Content> {
  const content = await openRow<Content>(secrets, row, encrypted);
  if (content === undefined) throw identityError('sign_in_unknown');
  return content;
}

function required(client: SignInClient | undefined): SignInClient {
  if (client === undefined) throw identityError('sign_in_off');
  return client;
}

/** Prevents login CSRF and a forwarded link (RFC 6819 4.4.1.8). */
function assertBrowser(attempt: SignInAttempt, cookie: string | undefined): void {
  const browser = readSignInCookie(cookie);
  if (browser === undefined || !sameSecret(sha256(browser), attempt.browser)) {
    throw identityError('sign_in_other_browser');
  }
}

/** The step-up that the link's stage requires; only we write this column. */
function demandOf({ demand }: SignInLink): StepUp | null {
  return demand === null ? null : (JSON.parse(demand) as StepUp);
}

/** Refuses a sign-in that does not meet the required step-up. */
function checkDemand(link: SignInLink, { token }: Principal, now: number): void {
  const demand = demandOf(link);
  const met = demand === null ? { ok: true as const } : meetsStepUp(demand, token, now);
  if (!met.ok) throw identityError('sign_in_step_up_unmet', { refusal: met.refusal });
}

/** Refuses anybody but the Teams person that the link is for, and reports them. */
async function checkPerson(
  parts: SignInParts,
  principal: Principal,
  link: SignInLink,
): Promise<void> {
  if (isTeamsPerson(principal, link)) return;
  const code = 'sign_in_wrong_person';
  await report(parts, link, { code, signedInAs: principal.key });
  throw identityError(code);
}

/** Reports a sign-in that is not the person's whom the link is for. */
async function report(
  { mismatch }: SignInParts,
  { tenantId, objectId, requestId, revision }: SignInLink,
  seen: { code: string; signedInAs?: string },
): Promise<void> {
  const about = revision === 0 ? null : requestId;
  await mismatch?.({ person: { tenantId, objectId }, requestId: about, ...seen });
}
