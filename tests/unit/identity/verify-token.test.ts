import { samePerson } from '../../../src/domain/people/principal.ts';
import { createVerifier } from '../../../src/identity/tokens/verify-token.ts';
import type { Verifier } from '../../../src/identity/tokens/verify-token.ts';
import { sha256 } from '../../../src/lib/hash.ts';
import {
  AMARA,
  KENJI,
  OTHER_TENANT,
  TENANT,
  codeOf,
  configOf,
  entraIssuer,
  log,
  newKey,
  oidcIssuer,
  personClaims,
  sign,
  startKeyServer,
  turnableClock,
  workloadClaims,
} from './kit.ts';
import type { Claims, KeyServer, TestKey } from './kit.ts';

const clock = turnableClock();
let server: KeyServer;
let key: TestKey;

beforeAll(async () => {
  server = await startKeyServer();
  key = await newKey('k1');
  server.state.keys = [key.publicJwk];
});
afterAll(() => server.stop());

const verifierOf = (over: Parameters<typeof oidcIssuer>[1] = {}): Verifier =>
  createVerifier({ config: configOf([oidcIssuer(server, over)]), clock, log });
const principal = async (verifier: Verifier, claims: Claims) =>
  (await verifier.verify(await sign(key, claims), { kind: 'bearer' })).principal;

test.each([
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
])('%s verifies, only where it is allowed', async (alg) => {
  const signer = await newKey(`key-${alg}`, alg);
  server.state.keys = [signer.publicJwk];
  const token = await sign(signer, personClaims(server.state.issuer, clock.now()));
  const check = (algorithms: string[]) =>
    codeOf(verifierOf({ algorithms }).verify(token, { kind: 'bearer' }));
  try {
    expect(await check([alg])).toBe('accepted');
    expect(await check([alg === 'RS256' ? 'ES256' : 'RS256'])).toBe('token_algorithm_refused');
  } finally {
    server.state.keys = [key.publicJwk];
  }
});

test('HS256 cannot be configured', () => {
  expect(() => verifierOf({ algorithms: ['HS256'] })).toThrow(/unknown algorithm HS256/);
});

test('finds the links of a Teams person whose ids a provider writes in capitals', async () => {
  const config = configOf([oidcIssuer(server)]);
  const link = [AMARA, KENJI].map((objectId) => ({ issuer: 'idp', tenant: TENANT, objectId }));
  const identity = { ...config.identity, links: [link] };
  const verifier = createVerifier({ config: { ...config, identity }, clock, log });
  const read = (objectId: string) => {
    const ids = { tid: TENANT.toUpperCase(), oid: objectId.toUpperCase() };
    return principal(verifier, personClaims(server.state.issuer, clock.now(), ids));
  };
  expect(samePerson(await read(AMARA), await read(KENJI))).toBe(true);
});

test('the digest covers the signed text and nothing else', async () => {
  const token = await sign(key, personClaims(server.state.issuer, clock.now()));
  const found = await verifierOf().verify(token, { kind: 'bearer' });
  expect(found.principal.token.digest).toBe(sha256(token.slice(0, token.lastIndexOf('.'))));
});

test('two signatures of one text have one digest, so a replay is detected', async () => {
  const elliptic = await newKey('e1', 'ES256');
  server.state.keys = [elliptic.publicJwk];
  const verifier = verifierOf({ algorithms: ['ES256'] });
  const claims = personClaims(server.state.issuer, clock.now());
  const [one, two] = await Promise.all([sign(elliptic, claims), sign(elliptic, claims)]);
  expect(one).not.toBe(two);
  const digests = [];
  for (const token of [one, two]) {
    digests.push((await verifier.verify(token, { kind: 'bearer' })).principal.token.digest);
  }
  server.state.keys = [key.publicJwk];
  expect(digests[0]).toBe(digests[1]);
});

describe('an ID token at the sign-in', () => {
  const rows: [string, string, Claims][] = [
    ['of this sign-in', 'accepted', {}],
    ['of another one', 'token_wrong_nonce', { nonce: 'other' }],
    ['without nonce', 'token_wrong_nonce', { nonce: undefined }],
    ['for the API', 'token_audience', { aud: 'api://countersign' }],
    ['issued to another client', 'token_audience', { azp: 'other' }],
    ['of an application', 'token_kind_not_accepted', { idtyp: 'app' }],
    ['too old', 'token_too_old', { iat: 1 }],
  ];
  const expected = {
    kind: 'sign-in',
    provider: 'idp',
    clientId: 'countersign',
    nonce: 'n',
  } as const;
  const idToken = (over: Claims, header: Claims = {}) =>
    sign(
      key,
      personClaims(server.state.issuer, clock.now(), {
        aud: 'countersign',
        azp: undefined,
        scp: undefined,
        nonce: 'n',
        ...over,
      }),
      header,
    );

  test.each(rows)('%s: %s', async (_name, code, over) => {
    const token = await idToken(over);
    expect(await codeOf(verifierOf().verify(token, expected))).toBe(code);
  });

  test('typed as an access token', async () => {
    const token = await idToken({}, { typ: 'at+jwt' });
    expect(await codeOf(verifierOf().verify(token, expected))).toBe('token_header_refused');
  });

  test('at an issuer for workloads only', async () => {
    const verifier = verifierOf({ use: ['workloads'] });
    expect(await codeOf(verifier.verify(await idToken({}), expected))).toBe(
      'token_kind_not_accepted',
    );
  });
});

describe('the key of a principal', () => {
  test('is provider and subject', async () => {
    const verifier = verifierOf({ teams: null, use: ['people'] });
    const claims = personClaims(server.state.issuer, clock.now(), { sub: 'auth0|7' });
    expect(await principal(verifier, claims)).toMatchObject({
      key: 'idp|auth0|7',
      tenant: null,
      objectId: null,
    });
  });

  test('is tenant and object id where the provider has Teams ids', async () => {
    const verifier = verifierOf();
    const keys = [];
    for (const sub of ['for-the-bot', 'for-the-api']) {
      const claims = personClaims(server.state.issuer, clock.now(), { sub });
      keys.push((await principal(verifier, claims)).key);
    }
    expect(keys[0]).toBe(keys[1]);
  });

  test('Entra: one object id in two tenants is two principals', async () => {
    const entra = await startKeyServer({ issuerPath: '/{tenantid}/v2.0' });
    entra.state.keys = [key.publicJwk];
    try {
      const config = configOf([entraIssuer(entra, { tenants: [TENANT, OTHER_TENANT] })]);
      const verifier = createVerifier({ config, clock, log });
      const keys = [];
      for (const tid of [TENANT, OTHER_TENANT]) {
        const iss = `${entra.base}/${tid}/v2.0`;
        keys.push((await principal(verifier, personClaims(iss, clock.now(), { tid }))).key);
      }
      expect(new Set(keys).size).toBe(2);
    } finally {
      await entra.stop();
    }
  });

  test('Entra: an application is its service principal', async () => {
    const entra = await startKeyServer();
    const iss = `${entra.base}/${TENANT}/v2.0`;
    entra.state.issuer = iss;
    entra.state.keys = [key.publicJwk];
    try {
      const config = configOf([entraIssuer(entra, { use: ['workloads'] })]);
      const found = await principal(
        createVerifier({ config, clock, log }),
        workloadClaims(iss, clock.now(), {
          oid: OTHER_TENANT,
          sub: OTHER_TENANT,
          azp: 'app',
          tid: TENANT,
        }),
      );
      expect(found).toMatchObject({
        key: `entra|127.0.0.1|${TENANT}|${OTHER_TENANT}`,
        kind: 'workload',
        tenant: null,
        objectId: null,
      });
    } finally {
      await entra.stop();
    }
  });
});

test('roles include the roles that they imply', async () => {
  const config = configOf([oidcIssuer(server)], { implies: { approver: ['reader'] } });
  const verifier = createVerifier({ config, clock, log });
  expect((await principal(verifier, personClaims(server.state.issuer, clock.now()))).roles).toEqual(
    ['approver', 'reader'],
  );
});

test("the token id is jti, else Entra's uti", async () => {
  const of = async (over: Claims) =>
    (await principal(verifierOf(), personClaims(server.state.issuer, clock.now(), over))).token
      .tokenId;
  expect(await of({ jti: 'j', uti: 'u' })).toBe('j');
  expect(await of({ uti: 'u' })).toBe('u');
  expect(await of({ uti: undefined })).toBeNull();
});

test('the name falls back to the subject', async () => {
  const claims = personClaims(server.state.issuer, clock.now(), { name: '  ' });
  expect((await principal(verifierOf(), claims)).name).toBe('pairwise-amara');
});
