/** A sign-in on real parts: the local OpenID provider, the SQLite store, a small browser. */
import type { Config, IssuerConfig } from '../../../src/config/config.ts';
import { createSignIn } from '../../../src/identity/sign-in/sign-in.ts';
import { createVerifier } from '../../../src/identity/tokens/verify-token.ts';
import { createKeys } from '../../../src/keys/keys.ts';
import type { Keys } from '../../../src/keys/keys.ts';
import { systemIds } from '../../../src/lib/ids.ts';
import { demoPeople } from '../../../src/local/people.ts';
import { startProvider } from '../../../src/local/provider.ts';
import type { SignIn } from '../../../src/usecases/ports/sign-in.ts';
import type { SignInPages } from '../../../src/usecases/ports/sign-in-pages.ts';
import type { StoredSecrets } from '../../../src/usecases/ports/stored-secrets.ts';
import type { TeamsSender } from '../../../src/usecases/ports/teams-sender.ts';
import { openSqlite } from '../../store/open-sqlite.ts';
import { browser } from '../local/browser.ts';
import { OUR_URL, configOf, log, turnableClock } from './kit.ts';

const people = demoPeople();

/** How Teams names a demo person. */
export function senderOf(id: string): TeamsSender {
  const person = people.find((each) => each.id === id);
  if (person === undefined) throw new Error(`no demo person ${id}`);
  return { tenantId: person.tid, objectId: person.oid, userId: person.mri, name: person.name };
}

export const stateOf = (address: string) => new URL(address).searchParams.get('state') ?? '';
export const cookieOf = (setCookie: string) => setCookie.split(';')[0];

/**
 * Starts everything; `tamper` may change the responses of the provider's endpoints, `issuer` its
 * configuration.
 */
export async function startSignInWorld(over: { issuer?: Partial<IssuerConfig> } = {}) {
  // The provider uses the machine's clock, so the test's clock starts there.
  const clock = turnableClock(Date.now());
  const opened = await openSqlite({ clock });
  const provider = await startProvider({ people, serviceUrl: () => OUR_URL });
  const wire: { tamper: ((url: string, response: Response) => Promise<Response>) | null } = {
    tamper: null,
  };
  const config = configFor(provider, over.issuer);
  const keys = await createKeys({ store: opened.store, secret: config.signing.secret, clock });
  const fetch = async (url: string, init?: RequestInit) => {
    const response = await globalThis.fetch(url, init);
    return wire.tamper === null ? response : wire.tamper(url, response);
  };
  const verifier = createVerifier({ config, clock, log, fetch });
  const signIn: SignIn & SignInPages = createSignIn({
    config,
    clock,
    ids: systemIds,
    store: opened.store,
    secrets: secretsOf(keys),
    verifier,
    fetch,
  });
  return {
    clock,
    provider,
    wire,
    signIn,
    config,
    store: opened.store,
    verifier,
    keys,
    reopen: opened.reopen,
    ...helpers(provider.issuer, signIn),
    async stop() {
      await provider.stop();
      await opened.cleanup();
    },
  };
}

export type SignInWorld = Awaited<ReturnType<typeof startSignInWorld>>;

export function secretsOf(keys: Keys): StoredSecrets {
  return {
    encrypt: (text) => keys.encrypt('stored-secrets', text),
    decrypt: (encrypted) => keys.decrypt('stored-secrets', encrypted),
  };
}

function configFor(
  provider: Awaited<ReturnType<typeof startProvider>>,
  issuer: Partial<IssuerConfig> = {},
): Config {
  const config = configOf([
    {
      id: 'local',
      kind: 'oidc',
      issuer: provider.issuer,
      discoveryUrl: `${provider.issuer}/.well-known/openid-configuration`,
      use: ['people', 'workloads'],
      audiences: [provider.apiAudience],
      algorithms: ['RS256'],
      maxAgeMs: 3_600_000,
      clockToleranceMs: 30_000,
      tenants: [],
      roles: [{ claim: 'roles', map: null }],
      claims: ['department'],
      teams: { objectIdClaim: 'oid', tenantClaim: 'tid' },
      nameClaim: 'name',
      ...issuer,
    },
  ]);
  return {
    ...config,
    teams: {
      ...config.teams,
      signIn: { issuer: 'local', ...provider.signInClient, scopes: ['openid', 'profile'] },
    },
  };
}

function helpers(issuer: string, signIn: SignIn & SignInPages) {
  const linkFor = async (id: string, over: { requestId?: string; revision?: number } = {}) => {
    const address = await signIn.createLink({
      sender: senderOf(id),
      requestId: over.requestId ?? 'req_1',
      revision: over.revision ?? 1,
    });
    return new URL(address).searchParams.get('link') ?? '';
  };
  /** Signs in at the provider's page; returns the address of its redirect. */
  const signInAt = async (address: string, id: string) => {
    const agent = browser(issuer);
    const page = await agent.follow(address);
    const action = /action="([^"]+)"/.exec(page.text)?.[1];
    if (action === undefined) throw new Error('the provider shows no form');
    const back = await agent.follow(new URL(action, page.url).href, { person: id });
    if (back.location === undefined) throw new Error('the provider did not send the browser back');
    return back.location;
  };
  /** A sign-in up to the code: link, provider, callback. */
  const codeFor = async (id: string, over: { requestId?: string; revision?: number } = {}) => {
    const { redirectTo, setCookie } = await signIn.begin({ link: await linkFor(id, over) });
    const back = await signInAt(redirectTo, id);
    const finished = await signIn.finish({
      query: new URL(back).searchParams,
      cookie: cookieOf(setCookie),
    });
    return finished.code;
  };
  return { linkFor, signInAt, codeFor };
}
