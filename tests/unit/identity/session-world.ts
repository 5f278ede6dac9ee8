/** Sessions on real parts: two replicas on one database, the local provider, a manual clock. */
import { decodeJwt } from 'jose';
import type { Config, SessionConfig } from '../../../src/config/config.ts';
import type { AuditEvent } from '../../../src/domain/events/catalogue.ts';
import { createSessions } from '../../../src/identity/sessions/sessions.ts';
import { createSignIn } from '../../../src/identity/sign-in/sign-in.ts';
import { createSignInClient } from '../../../src/identity/sign-in/sign-in-client.ts';
import { eventRecorder, personKeysOf } from '../../../src/compose/event-recorder.ts';
import { createVerifier } from '../../../src/identity/tokens/verify-token.ts';
import type { Verifier } from '../../../src/identity/tokens/verify-token.ts';
import { createKeys } from '../../../src/keys/keys.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { systemIds } from '../../../src/lib/ids.ts';
import type { Store } from '../../../src/usecases/ports/store.ts';
import { log } from './kit.ts';
import { cookieOf, secretsOf, senderOf, startSignInWorld } from './sign-in-world.ts';
import type { SignInWorld } from './sign-in-world.ts';
import { openedEvents } from '../../support/events.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const LIMITS: SessionConfig = {
  idleMs: 2 * HOUR,
  absoluteMs: 8 * HOUR,
  maxClaimAgeMs: 10 * MINUTE,
  sliding: true,
};

type Claims = Record<string, unknown>;
type Body = Record<string, unknown>;

/** Hooks into the calls to the provider. */
interface Wire {
  /** Number of refresh calls. */
  refreshes: number;
  /** Answers a refresh instead of the token endpoint. */
  instead: (() => Promise<Response>) | null;
  /** The provider's keys cannot be fetched. */
  deaf: boolean;
  /** Runs before and after a refresh call. */
  before: (() => Promise<void>) | null;
  after: (() => Promise<void>) | null;
  /** Changes the claims of refreshed ID tokens; the provider's key signs the result. */
  twist: ((claims: Claims) => Claims) | null;
  /** The same for the ID token of a sign-in. */
  twistFirst: ((claims: Claims) => Claims) | null;
  /** Changes the token endpoint's response. */
  body: ((body: Body) => Body) | null;
}

/** Starts everything; `replica` adds a service on the same database. */
export async function startSessionWorld() {
  const base = await startSignInWorld();
  const quiet: Wire = {
    refreshes: 0,
    instead: null,
    deaf: false,
    before: null,
    after: null,
    twist: null,
    twistFirst: null,
    body: null,
  };
  const wire = { ...quiet };
  const scopes = ['openid', 'profile', 'offline_access'];
  const { signIn } = base.config.teams;
  if (signIn === null) throw new Error('the world has a sign-in');
  const config: Config = {
    ...base.config,
    teams: { ...base.config.teams, signIn: { ...signIn, scopes } },
  };
  const fetch = wireOf(base, wire);
  const replica = async (
    store: Store,
    given: {
      limits?: Partial<SessionConfig>;
      config?: Config;
      judge?: (real: Verifier) => Verifier;
    } = {},
  ) => replicaOf({ base, fetch, store, config, limits: LIMITS, ...given });
  const one = await replica(base.store);
  const two = await replica(await base.reopen());
  return {
    ...base,
    wire,
    config,
    replica,
    one,
    two,
    reset() {
      base.clock.set(Date.now());
      Object.assign(wire, quiet);
    },
    row: (id: string) => {
      const { tenantId, objectId } = senderOf(id);
      return base.store.findSession({ tenantId, objectId, provider: 'local' });
    },
    /** Session events since the last call, oldest first. */
    events: eventReader(base.store, base.clock, config.signing.secret),
  };
}

export type SessionWorld = Awaited<ReturnType<typeof startSessionWorld>>;
export type Replica = SessionWorld['one'];

async function replicaOf(given: {
  base: SignInWorld;
  fetch: ReturnType<typeof wireOf>;
  store: Store;
  config: Config;
  limits: Partial<SessionConfig>;
  judge?: (real: Verifier) => Verifier;
}) {
  const { base, fetch, store, config } = given;
  const { clock } = base;
  const keys = await createKeys({ store, secret: config.signing.secret, clock });
  const secrets = { ...secretsOf(keys), encryptionKey: () => keys.encryptionKey('stored-secrets') };
  const record = eventRecorder({ store, keys, ids: systemIds });
  const real = createVerifier({ config, clock, log, fetch });
  const verifier = given.judge?.(real) ?? real;
  const client = createSignInClient({ config, clock, verifier, fetch });
  if (client === undefined) throw new Error('no sign-in is configured');
  const parts = { config, clock, ids: systemIds, log, store, secrets, verifier, record };
  const sessions = createSessions({ ...parts, client }, { ...LIMITS, ...given.limits });
  const mismatches: unknown[] = [];
  const signIn = createSignIn({
    ...parts,
    fetch,
    sessions,
    mismatch: async (seen) => void mismatches.push(seen),
  });
  const target = { requestId: 'req_1', revision: 1 };
  const toCallback = async (
    id: string,
    as = id,
    more: Partial<Parameters<typeof signIn.createLink>[0]> = {},
  ) => {
    const address = await signIn.createLink({ sender: senderOf(id), ...target, ...more });
    const link = new URL(address).searchParams.get('link') ?? '';
    const { redirectTo, setCookie } = await signIn.begin({ link });
    const back = new URL(await base.signInAt(redirectTo, as));
    return {
      redirectTo: new URL(redirectTo),
      finish: () => signIn.finish({ query: back.searchParams, cookie: cookieOf(setCookie) }),
    };
  };
  return {
    sessions,
    signIn,
    keys,
    store,
    mismatches,
    toCallback,
    /** Signs in a demo person by the button; the session starts when the code is redeemed. */
    async signInAs(id: string) {
      const { code } = await (await toCallback(id)).finish();
      return signIn.redeem({ code, sender: senderOf(id), ...target });
    },
    click: (id: string, options: { renew?: boolean } = {}) =>
      sessions.current(senderOf(id), options),
  };
}

/**
 * A fetch with the hooks. Tokens use the machine's clock, so their times are moved to the test's.
 */
function wireOf({ clock, provider }: SignInWorld, wire: Wire) {
  return async (url: string, init?: RequestInit): Promise<Response> => {
    if (wire.deaf && url.endsWith('/jwks')) throw new Error('ECONNREFUSED');
    const form = String(init?.body as URLSearchParams | string | undefined);
    const refresh = url.endsWith('/token') && form.includes('grant_type=refresh_token');
    if (refresh) {
      wire.refreshes += 1;
      await wire.before?.();
      if (wire.instead) return wire.instead();
    }
    const response = await globalThis.fetch(url, init);
    if (!url.endsWith('/token') || !response.ok) return response;
    const body = (await response.json()) as Body;
    const claims: Claims = { ...decodeJwt(String(body['id_token'])) };
    const movedS = Math.round((clock.now() - Date.now()) / 1_000);
    for (const name of ['iat', 'exp', 'auth_time']) {
      if (typeof claims[name] === 'number') claims[name] += movedS;
    }
    const twist = refresh ? wire.twist : wire.twistFirst;
    const twisted = twist ? twist(claims) : claims;
    const answer = { ...body, id_token: await provider.forge({ claims: twisted }) };
    if (refresh) await wire.after?.();
    return Response.json(refresh && wire.body ? wire.body(answer) : answer);
  };
}

function eventReader(store: Store, clock: Clock, secret: string) {
  const seen = new Set<string>();
  return async (): Promise<readonly AuditEvent[]> => {
    const keys = personKeysOf({
      store,
      keys: await createKeys({ store, secret, clock }),
      ids: systemIds,
    });
    const all = await openedEvents(store, await store.unsealedEvents(1_000), keys);
    const events = all.filter(({ id, type }) => type.startsWith('session.') && !seen.has(id));
    for (const { id } of events) seen.add(id);
    return events;
  };
}
