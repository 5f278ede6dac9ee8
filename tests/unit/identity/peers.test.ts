/**
 * Sign-in and tokens with independent implementations: panva's oidc-provider in several
 * configurations, and openid-client as the client of people and pipelines.
 */
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';
import type { JWK } from 'jose';
import { Provider } from 'oidc-provider';
import type { ClientMetadata, Configuration } from 'oidc-provider';
import * as oidc from 'openid-client';
import type { Config, IssuerConfig } from '../../../src/config/config.ts';
import { createSignIn } from '../../../src/identity/sign-in/sign-in.ts';
import { createVerifier } from '../../../src/identity/tokens/verify-token.ts';
import { createKeys } from '../../../src/keys/keys.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { systemIds } from '../../../src/lib/ids.ts';
import { openSqlite } from '../../store/open-sqlite.ts';
import { browser } from '../local/browser.ts';
import { AMARA, API, OUR_URL, TENANT, codeOf, configOf, log } from './kit.ts';
import { cookieOf, secretsOf } from './sign-in-world.ts';

// oidc-provider warns about plain http and its own interaction pages; both are intended here.
beforeAll(() => {
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  jest.spyOn(console, 'info').mockImplementation(() => undefined);
});
afterAll(() => {
  jest.restoreAllMocks();
});

type SignInConfig = NonNullable<Config['teams']['signIn']>;
type ClientKey = NonNullable<SignInConfig['clientKey']>;

const SECRET = 'a client secret of the peer, long enough';
const REDIRECT = `${OUR_URL}/auth/callback`;
const CLIENT: ClientMetadata = {
  client_id: 'countersign',
  client_secret: SECRET,
  redirect_uris: [REDIRECT],
  grant_types: ['authorization_code'],
  response_types: ['code'],
};
const ROBOT: ClientMetadata = {
  client_id: 'checkout-pipeline',
  client_secret: SECRET,
  redirect_uris: [],
  response_types: [],
  grant_types: ['client_credentials'],
};
const person = { oid: AMARA, tid: TENANT, roles: ['approver'], name: 'Amara Okafor' };

interface Setup {
  readonly client?: Partial<ClientMetadata>;
  readonly configuration?: Configuration;
  readonly alg?: string;
  readonly issuer?: Partial<IssuerConfig>;
  /** Null for a public client. */
  readonly secret?: string | null;
  /** How our client authenticates, where the configuration says so. */
  readonly auth?: Pick<SignInConfig, 'clientAuth' | 'clientKey'>;
}

/** Starts the provider and our services; `stop` ends both. */
async function startPeer(setup: Setup) {
  const alg = setup.alg ?? 'RS256';
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(privateKey)), kid: 'peer-1', use: 'sig', alg };
  const provider = new Provider(issuer, {
    clients: [
      { ...CLIENT, id_token_signed_response_alg: alg, ...setup.client } as ClientMetadata,
      { ...ROBOT, id_token_signed_response_alg: alg } as ClientMetadata,
    ],
    jwks: { keys: [jwk] } as NonNullable<Configuration['jwks']>,
    cookies: { keys: ['peer-cookies'] },
    claims: { openid: ['sub', 'oid', 'tid', 'roles', 'name'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => Promise.resolve({ sub: id, ...person }),
    }),
    extraTokenClaims: (_context, token) =>
      Promise.resolve('accountId' in token ? { ...person } : {}),
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => API,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: '',
          audience: API,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: alg as 'RS256' } },
        }),
      },
    },
    ...setup.configuration,
  });
  server.on('request', provider.callback());
  const opened = await openSqlite({ clock: systemClock });
  const ours = await ourSide(issuer, setup, opened.store);
  return {
    issuer,
    ...ours,
    async stop() {
      await opened.cleanup();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

type SqliteStore = Awaited<ReturnType<typeof openSqlite>>['store'];

async function ourSide(issuer: string, setup: Setup, store: SqliteStore) {
  const base = configOf([
    {
      id: 'peer',
      kind: 'oidc',
      issuer,
      discoveryUrl: `${issuer}/.well-known/openid-configuration`,
      use: ['people', 'workloads'],
      audiences: [API],
      algorithms: [setup.alg ?? 'RS256'],
      maxAgeMs: 3_600_000,
      clockToleranceMs: 30_000,
      tenants: [],
      roles: [{ claim: 'roles', map: null }],
      claims: [],
      teams: { objectIdClaim: 'oid', tenantClaim: 'tid' },
      nameClaim: 'name',
      ...setup.issuer,
    },
  ]);
  const signIn = {
    issuer: 'peer',
    clientId: 'countersign',
    scopes: ['openid'],
    clientSecret: setup.secret === undefined ? SECRET : setup.secret,
    ...setup.auth,
  };
  const config = { ...base, teams: { ...base.teams, signIn } };
  const parts = { config, clock: systemClock, log };
  const verifier = createVerifier(parts);
  const keys = await createKeys({ store, secret: config.signing.secret, clock: systemClock });
  return {
    verifier,
    signIn: createSignIn({
      ...parts,
      ids: systemIds,
      store,
      verifier,
      secrets: secretsOf(keys),
    }),
  };
}

type Peer = Awaited<ReturnType<typeof startPeer>>;

/** Signs in on the provider's own pages; returns the address of its redirect. */
async function signInAt(peer: Peer, address: string, login = 'amara'): Promise<URL> {
  const agent = browser(peer.issuer);
  let page = await agent.follow(address);
  for (let step = 0; step < 4 && !page.location?.startsWith(OUR_URL); step += 1) {
    const action = /action="([^"]+)"/.exec(page.text)?.[1];
    const prompt = /name="prompt" value="([^"]+)"/.exec(page.text)?.[1];
    if (action === undefined || prompt === undefined) {
      throw new Error(`no form: ${page.status} ${page.text.slice(-500)}`);
    }
    page = await agent.follow(new URL(action, page.url).href, { prompt, login, password: 'x' });
  }
  return new URL(page.location ?? '');
}

async function wholeWay(peer: Peer) {
  const sender = { tenantId: TENANT, objectId: AMARA, userId: '29:amara', name: 'Amara' };
  const at = { requestId: 'req_1', revision: 1 };
  const link = new URL(await peer.signIn.createLink({ sender, ...at })).searchParams.get('link');
  const { redirectTo, setCookie } = await peer.signIn.begin({ link: link ?? '' });
  const { searchParams: query } = await signInAt(peer, redirectTo);
  const { code } = await peer.signIn.finish({ query, cookie: cookieOf(setCookie) });
  return peer.signIn.redeem({ code, sender, ...at });
}

async function withPeer<Value>(setup: Setup, use: (peer: Peer) => Promise<Value>): Promise<Value> {
  const peer = await startPeer(setup);
  try {
    return await use(peer);
  } finally {
    await peer.stop();
  }
}

/** A client that is known by its public key, and our side with the private one. */
function keyed(
  alg: 'RS256' | 'PS256' | 'ES256' | 'ES384' | 'Ed25519',
  over: { method?: Partial<ClientMetadata>; key?: Partial<ClientKey> } = {},
): Setup {
  const { privateKey, publicKey } =
    alg === 'Ed25519'
      ? generateKeyPairSync('ed25519')
      : alg.startsWith('ES')
        ? generateKeyPairSync('ec', { namedCurve: alg === 'ES256' ? 'P-256' : 'P-384' })
        : generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'client-1', alg } as JWK;
  return {
    secret: null,
    client: {
      client_secret: undefined,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: alg,
      jwks_uri: `${OUR_URL}/client-keys`,
      ...over.method,
    },
    configuration: {
      clientAuthMethods: ['private_key_jwt', 'client_secret_basic'],
      enabledJWA: { clientAuthSigningAlgValues: [alg] },
      // Instead of the address above: the keys of a client may not be given in a realm of jest.
      fetch: () => Promise.resolve(Response.json({ keys: [jwk] })),
    },
    auth: {
      clientAuth: 'private_key_jwt',
      clientKey: {
        privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        keyId: 'client-1',
        thumbprintSha256: null,
        algorithm: null,
        audience: null,
        ...over.key,
      },
    },
  };
}

const SETUPS: [string, Setup][] = [
  [
    'client_secret_post, although the provider lists basic too',
    {
      client: { token_endpoint_auth_method: 'client_secret_post' },
      auth: { clientAuth: 'post' },
    },
  ],
  ['client_secret_basic by name', { auth: { clientAuth: 'basic' } }],
  ['private_key_jwt of RS256', keyed('RS256')],
  ['private_key_jwt of PS256', keyed('PS256', { key: { algorithm: 'PS256' } })],
  ['private_key_jwt of ES256', keyed('ES256')],
  ['private_key_jwt of ES384', keyed('ES384')],
  ['private_key_jwt of Ed25519', keyed('Ed25519')],
  [
    'private_key_jwt for the token endpoint',
    keyed('RS256', { key: { audience: 'token_endpoint' } }),
  ],
  ['client_secret_basic', {}],
  [
    'client_secret_post alone',
    {
      client: { token_endpoint_auth_method: 'client_secret_post' },
      configuration: { clientAuthMethods: ['client_secret_post'] },
    },
  ],
  [
    'PKCE only: a public client',
    {
      client: { token_endpoint_auth_method: 'none', client_secret: undefined },
      secret: null,
    },
  ],
  ['ID tokens of ES256', { alg: 'ES256' }],
  ['ID tokens of PS256', { alg: 'PS256' }],
  [
    'a subject for each application',
    {
      client: { subject_type: 'pairwise' },
      configuration: {
        subjectTypes: ['public', 'pairwise'],
        pairwiseIdentifier: (_context, id, client) => `${client.clientId}-${id}`,
      },
    },
  ],
];

test.each(SETUPS)('the sign-in button, %s', async (_name, setup) => {
  await withPeer(setup, async (peer) => {
    expect(await wholeWay(peer)).toMatchObject({
      key: `peer|${TENANT}|${AMARA}`,
      kind: 'person',
      roles: ['approver'],
      name: 'Amara Okafor',
    });
  });
});

const POST: Partial<ClientMetadata> = { token_endpoint_auth_method: 'client_secret_post' };
const REFUSED: [string, Setup, string][] = [
  ['a wrong secret', { secret: 'another secret' }, 'sign_in_refused'],
  [
    'a wrong secret in the body',
    {
      secret: 'another',
      client: POST,
      configuration: { clientAuthMethods: ['client_secret_post'] },
    },
    'sign_in_refused',
  ],
  ['no secret where one is registered', { secret: null }, 'sign_in_refused'],
  [
    'an algorithm that is not configured',
    { alg: 'ES256', issuer: { algorithms: ['RS256'] } },
    'token_algorithm_refused',
  ],
];

test.each(REFUSED)('%s is refused', async (_name, setup, code) => {
  await withPeer(setup, async (peer) => {
    expect(await codeOf(wholeWay(peer))).toBe(code);
  });
});

describe('openid-client as the peer', () => {
  const insecure = { execute: [oidc.allowInsecureRequests] };

  test('a client-credentials token is a workload at the API', async () => {
    await withPeer({}, async ({ issuer, verifier }) => {
      const client = await oidc.discovery(
        new URL(issuer),
        'checkout-pipeline',
        SECRET,
        undefined,
        insecure,
      );
      const { access_token: token } = await oidc.clientCredentialsGrant(client, { resource: API });
      const { principal } = await verifier.verify(token, { kind: 'bearer' });
      expect(principal).toMatchObject({
        kind: 'workload',
        key: 'peer|checkout-pipeline',
        roles: [],
      });
    });
  });

  test('the same token is refused where only people are allowed', async () => {
    await withPeer({ issuer: { use: ['people'] } }, async ({ issuer, verifier }) => {
      const client = await oidc.discovery(
        new URL(issuer),
        'checkout-pipeline',
        SECRET,
        undefined,
        insecure,
      );
      const { access_token: token } = await oidc.clientCredentialsGrant(client, { resource: API });
      expect(await codeOf(verifier.verify(token, { kind: 'bearer' }))).toBe(
        'token_kind_not_accepted',
      );
    });
  });

  test("a person's access token by code and PKCE is accepted, the ID token refused", async () => {
    await withPeer({}, async (peer) => {
      const client = await oidc.discovery(
        new URL(peer.issuer),
        'countersign',
        SECRET,
        undefined,
        insecure,
      );
      const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
      const expectedState = oidc.randomState();
      const address = oidc.buildAuthorizationUrl(client, {
        redirect_uri: REDIRECT,
        scope: 'openid',
        resource: API,
        state: expectedState,
        code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      });
      const back = await signInAt(peer, address.href);
      const tokens = await oidc.authorizationCodeGrant(
        client,
        back,
        { pkceCodeVerifier, expectedState },
        { resource: API },
      );
      const { principal } = await peer.verifier.verify(tokens.access_token, { kind: 'bearer' });
      expect(principal).toMatchObject({
        kind: 'person',
        key: `peer|${TENANT}|${AMARA}`,
        roles: ['approver'],
      });
      expect(await codeOf(peer.verifier.verify(tokens.id_token ?? '', { kind: 'bearer' }))).toBe(
        'token_audience',
      );
    });
  });
});
