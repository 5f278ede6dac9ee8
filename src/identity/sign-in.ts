import type { Config } from '../config/config.ts';
import type { Principal } from '../domain/principal.ts';
import type { Clock } from '../lib/clock.ts';
import { sameSecret, sha256 } from '../lib/hash.ts';
import type { Ids } from '../lib/ids.ts';
import type { SignIn, SignInPages, StoredSecrets } from '../usecases/ports.ts';
import type { SignInAttempt, SignInLink, SignInStore } from '../usecases/store-ports.ts';
import type { Fetch } from './bounded-fetch.ts';
import { identityError } from './codes.ts';
import { readParked, readSealedAttempt } from './sealed-sign-in.ts';
import { createSignInClient } from './sign-in-client.ts';
import type { AttemptSecrets, SignInClient } from './sign-in-client.ts';
import { clearedSignInCookie, readSignInCookie, signInCookie } from './sign-in-cookie.ts';
import { createTries } from './tries.ts';
import type { Verifier } from './verify-token.ts';

/** How long a link, the sign-in it starts, and the code it ends in are good for, together. */
export const SIGN_IN_MS = 10 * 60_000;

/**
 * Eight digits: few enough to be typed where a client cannot hand them over, and enough, because a
 * code counts only with an activity of the very person it was parked for. Who guesses can win no
 * more than the own identity; five wrong tries in ten minutes end even that.
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
}

interface Flow {
  readonly signIn: NonNullable<Config['teams']['signIn']>;
  readonly client: SignInClient;
}

/**
 * The sign-in button: a link for one person, request and revision, opened once in one browser,
 * whose result is parked and counts only when an activity of that same person brings the code.
 * The store sees hashes of secrets and what keys/ has encrypted, nothing that could be used.
 *
 * @throws Error at once where teams.signIn names an issuer that does not stand in configuration.
 */
export function createSignIn(parts: SignInParts): SignIn & SignInPages {
  const { clock, ids, store, config } = parts;
  const flow = createFlow(parts);
  const tries = createTries({ clock, limit: 5, windowMs: SIGN_IN_MS });
  return {
    async createLink({ sender, requestId, revision }) {
      required(flow);
      const secret = ids.secret(32);
      await store.addLink({
        id: sha256(secret), tenantId: sender.tenantId, objectId: sender.objectId,
        requestId, revision, expiresAt: clock.now() + SIGN_IN_MS,
      });
      return `${config.server.publicUrl}/auth/start?link=${secret}`;
    },
    begin: async ({ link }) => begin(parts, required(flow), link),
    finish: async (input) => finish(parts, required(flow), input),
    async redeem({ code, sender, requestId, revision }) {
      required(flow);
      const person = `${sender.tenantId}|${sender.objectId}`;
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
      const principal = await readParked(parts.secrets, parked);
      assertPerson(principal, sender);
      if (principal.token.expiresAt <= clock.now()) throw identityError('token_expired');
      return principal;
    },
  };
}

async function begin(
  parts: SignInParts, flow: Flow, link: string,
): Promise<{ redirectTo: string; setCookie: string }> {
  if (!SECRET.test(link)) throw identityError('sign_in_link_invalid');
  const { ids, store, clock } = parts;
  const browser = ids.secret(32);
  const secrets: AttemptSecrets = {
    state: ids.secret(32), nonce: ids.secret(32), verifier: ids.secret(32),
  };
  const id = sha256(link);
  // Asked before the link is used up, so that a provider that is down does not cost the link.
  await flow.client.ready();
  const state = sha256(secrets.state);
  const opened = await store.openLink(id, {
    state,
    browser: sha256(browser),
    nonce: sha256(secrets.nonce),
    verifier: await parts.secrets.encrypt(JSON.stringify({ ...secrets, link: id })),
  }, clock.now());
  if (opened === undefined) throw identityError('sign_in_link_invalid');
  const { tenantId, objectId } = opened;
  return {
    redirectTo: await flow.client.authorizationUrl(secrets, { tenantId, objectId }),
    setCookie: signInCookie(browser, SIGN_IN_MS),
  };
}

async function finish(
  parts: SignInParts, flow: Flow, input: { query: URLSearchParams; cookie: string | undefined },
): Promise<{ code: string; setCookie: string }> {
  const { ids, store, clock, verifier } = parts;
  const [state, ...more] = input.query.getAll('state');
  if (state === undefined || more.length > 0 || !SECRET.test(state)) {
    throw identityError('sign_in_unknown');
  }
  const attempt = await store.takeAttempt(sha256(state), clock.now());
  if (attempt === undefined) throw identityError('sign_in_unknown');
  assertBrowser(attempt, input.cookie);
  const secrets = await readSealedAttempt(parts.secrets, attempt);
  const idToken = await flow.client.idToken(input.query, secrets, attempt.tenantId);
  const { principal } = await verifier.verify(idToken, {
    kind: 'sign-in', provider: flow.signIn.issuer,
    clientId: flow.signIn.clientId, nonce: secrets.nonce,
  });
  assertPerson(principal, attempt);
  const code = ids.code(CODE_DIGITS);
  const identity = await parts.secrets.encrypt(JSON.stringify({ link: attempt.id, principal }));
  await store.park(attempt.id, { code: sha256(code), identity }, clock.now());
  return { code, setCookie: clearedSignInCookie() };
}

function createFlow(parts: SignInParts): Flow | undefined {
  const { signIn } = parts.config.teams;
  if (signIn === null) return undefined;
  const provider = parts.verifier.providers.get(signIn.issuer);
  if (provider === undefined) {
    throw new Error(`teams.signIn.issuer: no identity issuer has the id "${signIn.issuer}"`);
  }
  const fetch = parts.fetch ?? ((url: string, init?: RequestInit) => globalThis.fetch(url, init));
  const { config, clock } = parts;
  return { signIn, client: createSignInClient({ config, signIn, provider, clock, fetch }) };
}

function required(flow: Flow | undefined): Flow {
  if (flow === undefined) throw identityError('sign_in_off');
  return flow;
}

/** Login CSRF and a link passed on to somebody else both end here (RFC 6819 4.4.1.8). */
function assertBrowser(attempt: SignInAttempt, cookie: string | undefined): void {
  const browser = readSignInCookie(cookie);
  if (browser === undefined || !sameSecret(sha256(browser), attempt.browser)) {
    throw identityError('sign_in_other_browser');
  }
}

/**
 * Who signed in must be the Teams person that the link is for. A provider that cannot say who its
 * people are in Teams proves nothing here, until an administrator can link the two identities.
 */
function assertPerson(
  principal: Principal, person: Pick<SignInLink, 'tenantId' | 'objectId'>,
): void {
  if (principal.tenant !== person.tenantId || principal.objectId !== person.objectId) {
    throw identityError('sign_in_wrong_person');
  }
}
