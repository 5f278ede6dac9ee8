/** Fixtures of the identity tests: a manual clock, a provider on loopback, a configuration. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import type { Config, IssuerConfig } from '../../../src/config/config.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { LIMITS_OF_TESTS } from '../../support/builders.ts';

export const TENANT = '7f0a9d52-3c41-4f86-9a1e-5b2d8c64e013';
export const OTHER_TENANT = '0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0';
export const AMARA = '33f6d812-74ca-4e50-9029-8c312dae4f53';
export const KENJI = '4407e923-85db-4f61-913a-9d423ebf5064';
export const APP_ID = 'c0de51a7-9b34-4e02-8f6d-2a7c1e95b840';
export const TEAMS_CLIENT = '1fec8e78-bce4-4aaf-ab1b-5451cc387264';
export const API = 'api://countersign';
export const OUR_URL = 'http://127.0.0.1:9';

export type Claims = Record<string, unknown>;

/** A manual clock; starts at a whole second. */
export function turnableClock(startMs = Date.UTC(2026, 10, 20, 12)) {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance: (ms: number) => {
      nowMs += ms;
    },
    set: (ms: number) => {
      nowMs = ms;
    },
  };
}

export interface TestKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** A new key pair with its public JWK. */
export async function newKey(kid: string, alg = 'RS256'): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' } };
}

/** Answers instead of the default. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A provider on loopback: a discovery document and keys, each of which can fail. */
export async function startKeyServer(options: { issuerPath?: string } = {}) {
  const fetched = { discovery: 0, keys: 0 };
  const state: {
    keys: readonly object[];
    onKeys: Answer | null;
    onDiscovery: Answer | null;
    issuer: string;
    jwksUri: string;
  } = { keys: [], onKeys: null, onDiscovery: null, issuer: '', jwksUri: '' };
  const json = (response: ServerResponse, body: unknown) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(body));
  };
  const server = createServer((request, response) => {
    const keys = request.url === '/keys';
    if (keys) fetched.keys += 1;
    else fetched.discovery += 1;
    const instead = keys ? state.onKeys : state.onDiscovery;
    if (instead !== null) return instead(request, response);
    if (keys) return json(response, { keys: state.keys });
    json(response, { issuer: state.issuer, jwks_uri: state.jwksUri });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  state.issuer = `${base}${options.issuerPath ?? ''}`;
  state.jwksUri = `${base}/keys`;
  return {
    base,
    discoveryUrl: `${base}/.well-known/openid-configuration`,
    fetched,
    state,
    down: (): void => {
      state.onKeys = (_request, response) => void response.writeHead(503).end();
      state.onDiscovery = state.onKeys;
    },
    up: (): void => {
      state.onKeys = null;
      state.onDiscovery = null;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

export type KeyServer = Awaited<ReturnType<typeof startKeyServer>>;

/** Signs any claims; header members that are undefined are left out. */
export function sign(key: TestKey, claims: Claims, header: Claims = {}): Promise<string> {
  const kept = Object.entries({ alg: key.alg, typ: 'JWT', kid: key.kid, ...header }).filter(
    ([, value]) => value !== undefined,
  );
  const defined = Object.entries(claims).filter(([, value]) => value !== undefined);
  return new SignJWT(Object.fromEntries(defined))
    .setProtectedHeader({ alg: key.alg, ...Object.fromEntries(kept) })
    .sign(key.privateKey);
}

/** A signed token with any header and payload text, even what no library would write. */
export async function signText(
  key: TestKey,
  header: string | Claims,
  payload: string | Claims,
): Promise<string> {
  const part = (value: string | Claims) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const text = `${part(header)}.${part(payload)}`;
  const signature = await crypto.subtle.sign(
    key.privateKey.algorithm.name,
    key.privateKey,
    Buffer.from(text),
  );
  return `${text}.${Buffer.from(signature).toString('base64url')}`;
}

/** An issuer for people and workloads on loopback. */
export function oidcIssuer(server: KeyServer, over: Partial<IssuerConfig> = {}): IssuerConfig {
  return {
    id: 'idp',
    kind: 'oidc',
    issuer: server.state.issuer,
    discoveryUrl: server.discoveryUrl,
    use: ['people', 'workloads'],
    audiences: [API],
    algorithms: ['RS256'],
    maxAgeMs: 3_600_000,
    clockToleranceMs: 30_000,
    tenants: [],
    roles: [{ claim: 'roles', map: null }],
    claims: ['department', 'repository_id'],
    teams: { objectIdClaim: 'oid', tenantClaim: 'tid' },
    nameClaim: 'name',
    ...over,
  };
}

/** An Entra issuer on loopback with a list of tenants. */
export function entraIssuer(server: KeyServer, over: Partial<IssuerConfig> = {}): IssuerConfig {
  return oidcIssuer(server, {
    id: 'entra',
    kind: 'entra',
    issuer: `${server.base}/{tenantid}/v2.0`,
    tenants: [TENANT],
    ...over,
  });
}

/** The parts of a configuration that identity reads. */
export function configOf(
  issuers: readonly IssuerConfig[],
  over: {
    profile?: Config['profile'];
    teams?: Partial<Config['teams']>;
    implies?: Config['identity']['implies'];
  } = {},
): Config {
  const issuer = issuers[0]?.id ?? '';
  return {
    profile: over.profile ?? 'local',
    server: { publicUrl: OUR_URL, host: '127.0.0.1', port: 9 },
    store: { kind: 'sqlite', path: ':memory:' },
    teams: {
      appId: APP_ID,
      appType: 'SingleTenant',
      tenantId: TENANT,
      credential: { kind: 'secret', secret: 'bot-secret' },
      allowedTenants: [TENANT],
      cloud: {
        issuer: 'https://api.botframework.com',
        metadataUrl: 'http://127.0.0.1:9/metadata',
        loginUrl: 'http://127.0.0.1:9',
        scope: 'https://api.botframework.com/.default',
        serviceUrlHosts: [],
      },
      singleSignOn: {
        enabled: true,
        issuer,
        connectionName: 'sso',
        resource: `api://botid-${APP_ID}`,
        audiences: [APP_ID, `api://botid-${APP_ID}`],
        clients: [TEAMS_CLIENT],
        scope: 'access_as_user',
      },
      signIn: null,
      ...over.teams,
    },
    identity: { issuers, implies: over.implies ?? {} },
    administration: { issuers: [], roles: [], auditorRoles: [] },
    channels: {},
    workflows: [],
    executors: {},
    signing: { secret: 'a signing secret that is long enough for anybody' },
    limits: LIMITS_OF_TESTS,
    audit: { origin: 'test', sealEveryMs: 1_000 },
  };
}

/** Claims of a person's access token at `now`. */
export function personClaims(iss: string, nowMs: number, over: Claims = {}): Claims {
  const now = Math.floor(nowMs / 1_000);
  return {
    iss,
    aud: API,
    sub: 'pairwise-amara',
    oid: AMARA,
    tid: TENANT,
    name: 'Amara Okafor',
    azp: TEAMS_CLIENT,
    scp: 'access_as_user',
    roles: ['approver'],
    department: 'Payments',
    uti: 'token-1',
    ver: '2.0',
    iat: now,
    nbf: now,
    exp: now + 3_600,
    ...over,
  };
}

/** Claims of a pipeline's token. */
export function workloadClaims(iss: string, nowMs: number, over: Claims = {}): Claims {
  const now = Math.floor(nowMs / 1_000);
  return {
    iss,
    aud: API,
    sub: 'checkout-pipeline',
    azp: 'checkout-pipeline',
    idtyp: 'app',
    repository_id: '734518209',
    iat: now,
    nbf: now,
    exp: now + 3_600,
    ...over,
  };
}

/** The code of a rejected promise; `accepted` if it resolves. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'accepted';
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    if (typeof code === 'string') return code;
    throw error;
  }
}

export const log = silentLogger;
