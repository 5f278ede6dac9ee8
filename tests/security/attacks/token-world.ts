/** Fixtures of the attacks on bearer tokens. */
import { exportSPKI, importJWK } from 'jose';
import type { CryptoKey } from 'jose';
import { createHmac } from 'node:crypto';
import { createVerifier } from '../../../src/identity/tokens/verify-token.ts';
import {
  TENANT,
  configOf,
  entraIssuer,
  log,
  newKey,
  oidcIssuer,
  personClaims,
  sign,
  signText,
  startKeyServer,
  turnableClock,
} from '../../unit/identity/kit.ts';
import type { Claims } from '../../unit/identity/kit.ts';

/** The time at which every token of the suite is checked. */
export const NOW_MS = Date.UTC(2026, 10, 20, 12);
export const NOW = NOW_MS / 1_000;

/** Encodes a token part as base64url. */
export const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * Issuers for people and workloads, for people at Entra, and for pipelines, with known and unknown
 * keys.
 */
export async function startTokenWorld() {
  const [server, entra, pipelines, curves, people] = await Promise.all([
    startKeyServer(),
    startKeyServer({ issuerPath: '/{tenantid}/v2.0' }),
    startKeyServer(),
    startKeyServer(),
    startKeyServer(),
  ]);
  const [key, elliptic, stranger] = await Promise.all([
    newKey('k1'),
    newKey('e1', 'ES256'),
    newKey('k1'),
  ]);
  server.state.keys = [
    key.publicJwk,
    elliptic.publicJwk,
    { ...key.publicJwk, kid: 'only-rs256', alg: 'RS256' },
  ];
  entra.state.keys = pipelines.state.keys = people.state.keys = [key.publicJwk];
  curves.state.keys = [elliptic.publicJwk];
  const config = configOf([
    oidcIssuer(server, { algorithms: ['RS256', 'PS256'] }),
    entraIssuer(entra, { use: ['people', 'workloads'] }),
    oidcIssuer(pipelines, {
      id: 'github',
      use: ['workloads'],
      teams: null,
      nameClaim: 'repository',
    }),
    oidcIssuer(people, { id: 'people', use: ['people'] }),
    oidcIssuer(curves, { id: 'elliptic', algorithms: ['ES256'] }),
  ]);
  const claims = (over: Claims = {}) => personClaims(server.state.issuer, NOW_MS, over);
  const good = () => sign(key, claims());
  return {
    server,
    entra,
    pipelines,
    curves,
    people,
    key,
    elliptic,
    stranger,
    claims,
    good,
    entraIss: `${entra.base}/${TENANT}/v2.0`,
    verifier: createVerifier({ config, clock: turnableClock(NOW_MS), log }),
    parts: async () => (await good()).split('.') as [string, string, string],
    /** A token of a person at the first issuer, with changed claims. */
    withClaims: (over: Claims) => sign(key, claims(over)),
    /** A signed token with any header and payload text. */
    raw: (header: string | Claims, payload: string | Claims = claims()) =>
      signText(key, header, payload),
    hmac(secret: string | Uint8Array, header: Claims) {
      const text = `${encode(header)}.${encode(claims())}`;
      return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
    },
    pem: async () => exportSPKI((await importJWK({ ...key.publicJwk, alg: 'RS256' })) as CryptoKey),
    stop: () => Promise.all([server, entra, pipelines, curves, people].map((each) => each.stop())),
  };
}

export type TokenWorld = Awaited<ReturnType<typeof startTokenWorld>>;
/** Makes an attack's token. */
export type MakeToken = (world: TokenWorld) => string | Promise<string>;
