/**
 * Tokens bound to a key of their holder. Sources: RFC 9449 (DPoP; sections by row), RFC 7800 3
 * (`cnf`), RFC 8705 3 (mTLS-bound tokens), RFC 8725 3 (every JWT), CVE-2018-0114 (embedded keys),
 * ASVS 5 10.3.5 (sender-constrained tokens).
 */
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { sha256 } from '../../src/lib/hash.ts';
import { createDpopNonces } from '../../src/identity/tokens/dpop-nonces.ts';
import { createIdentity } from '../../src/identity/identity.ts';
import type { Identity, TokenProof } from '../../src/usecases/ports/identity.ts';
import { createOnceKeys } from '../../src/usecases/once-keys.ts';
import { systemIds } from '../../src/lib/ids.ts';
import { openSqlite } from '../store/open-sqlite.ts';
import { get, startServer } from '../unit/http/support.ts';
import type { Harness } from '../unit/http/support.ts';
import {
  APP_ID,
  TEAMS_CLIENT,
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
  TENANT,
  AMARA,
} from '../unit/identity/kit.ts';
import type { Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';

const clock = turnableClock();
const start = clock.now();
const URL_ = 'https://approve.example/v1/requests';
let server: KeyServer;
let entra: KeyServer;
let key: TestKey;
let holder: TestKey;
let thief: TestKey;
let opened: Awaited<ReturnType<typeof openSqlite>>;
let identity: Identity;
let otherReplica: Identity;
let token: string;
let serial = 0;

const jktOf = (of: TestKey) => calculateJwkThumbprint(of.publicJwk);
const tokenWith = async (over: Claims = {}) =>
  sign(
    key,
    personClaims(server.state.issuer, start, {
      cnf: { jkt: await jktOf(holder) },
      ...over,
    }),
  );
const publicJwk = ({ publicJwk: { kty, crv, x, y, n, e } }: TestKey) =>
  JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as Claims;

async function proofOf(
  over: {
    by?: TestKey;
    header?: Claims;
    claims?: Claims;
    forToken?: string;
  } = {},
): Promise<string> {
  const by = over.by ?? holder;
  return sign(
    by,
    {
      jti: `proof-${(serial += 1)}`,
      htm: 'POST',
      htu: URL_,
      iat: Math.floor(clock.now() / 1_000),
      ath: sha256(over.forToken ?? token),
      ...over.claims,
    },
    { typ: 'dpop+jwt', kid: undefined, jwk: publicJwk(by), ...over.header },
  );
}
const offCurve = (): Claims => ({ ...publicJwk(holder), y: publicJwk(holder)['x'] });

/** A good proof under another header; an attacker cannot sign again. */
async function reheaded(header: Claims): Promise<string> {
  const [, payload = '', signature = ''] = (await proofOf()).split('.');
  const text = JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwk(holder), ...header });
  return `${Buffer.from(text).toString('base64url')}.${payload}.${signature}`;
}
const at = (proof: string, over: Partial<TokenProof> = {}): TokenProof => ({
  proof,
  method: 'POST',
  url: URL_,
  ...over,
});
const refusal = async (proof: string, over: Partial<TokenProof> = {}) =>
  codeOf(identity.verifyBearer(token, at(proof, over)));
/** The code, and the refused member of an invalid proof. */
async function reason(proof: string): Promise<string> {
  const error = (await identity.verifyBearer(token, at(proof)).catch((e: unknown) => e)) as Error;
  const code = await codeOf(Promise.reject(error));
  const about = /\((\w+)\)$/.exec(error.message)?.[1];
  return code === 'dpop_proof_invalid' ? `invalid: ${about}` : code;
}

beforeAll(async () => {
  [key, holder, thief] = await Promise.all([
    newKey('k1'),
    newKey('h', 'ES256'),
    newKey('t', 'ES256'),
  ]);
  server = await startKeyServer();
  entra = await startKeyServer({ issuerPath: '/{tenantid}/v2.0' });
  for (const each of [server, entra]) each.state.keys = [key.publicJwk];
  opened = await openSqlite();
  const config = configOf([entraIssuer(entra), oidcIssuer(server, { maxAgeMs: 86_400_000 })]);
  const replica = async () =>
    createIdentity({
      config,
      clock,
      log,
      once: createOnceKeys({ store: await opened.reopen(), clock, ids: systemIds }),
    });
  identity = await replica();
  otherReplica = await replica();
});
afterAll(async () => {
  await Promise.all([server.stop(), entra.stop()]);
  await opened.cleanup();
});
beforeEach(async () => {
  clock.set(start);
  token = await tokenWith();
});

describe('accepted', () => {
  test.each(['ES256', 'ES384', 'EdDSA', 'Ed25519', 'RS256', 'PS256'])(
    'a proof by %s',
    async (alg) => {
      const other = await newKey('other', alg);
      token = await tokenWith({ cnf: { jkt: await jktOf(other) } });
      expect(await refusal(await proofOf({ by: other }))).toBe('accepted');
    },
  );

  const rows: [string, Claims][] = [
    ['4.3: query and fragment of htu are ignored', { htu: `${URL_}?a=b#c` }],
    ['4.3 (RFC 3986 6.2.2): a host in upper case', { htu: URL_.replace('approve', 'APPROVE') }],
    ['4.3 (RFC 3986 6.2.3): the default port', { htu: URL_.replace('example', 'example:443') }],
    ['11.1: a clock 20 s ahead', { iat: Math.floor(start / 1_000) + 20 }],
    ['11.1: made 50 s ago', { iat: Math.floor(start / 1_000) - 50 }],
  ];
  test.each(rows)('%s', async (_name, claims) => {
    expect(await refusal(await proofOf({ claims }))).toBe('accepted');
  });

  test('accepts an unbound token without a proof', async () => {
    token = await tokenWith({ cnf: undefined });
    expect(await codeOf(identity.verifyBearer(token))).toBe('accepted');
  });
});

describe("the token's binding", () => {
  test('7.2: refuses a stolen bound token sent as Bearer', async () => {
    expect(await codeOf(identity.verifyBearer(token))).toBe('token_bound');
  });

  test('7.1: refuses a proof with an unbound token', async () => {
    token = await tokenWith({ cnf: undefined });
    expect(await refusal(await proofOf())).toBe('dpop_token_unbound');
  });

  const bindings: [string, unknown][] = [
    ['RFC 8705 3.1: a client certificate', { 'x5t#S256': 'A'.repeat(43) }],
    ['RFC 7800 3.2: an embedded key', { jwk: { kty: 'EC' } }],
    ['RFC 7800 3.4: a key id', { kid: 'k' }],
    ['two bindings at once', { jkt: 'A'.repeat(43), 'x5t#S256': 'A'.repeat(43) }],
    ['an empty binding', {}],
    ['null', null],
    ['a string', 'jkt'],
    ['an array', ['jkt']],
    ['a jkt that is not a thumbprint', { jkt: 'short' }],
    ['a jkt that is not a string', { jkt: 7 }],
  ];
  test.each(bindings)('refuses %s instead of ignoring the binding', async (_name, cnf) => {
    token = await tokenWith({ cnf });
    expect(await codeOf(identity.verifyBearer(token))).toBe('token_binding_unknown');
    expect(await refusal(await proofOf())).toBe('token_binding_unknown');
  });

  test('refuses a bound token at a click, where no proof can be sent', async () => {
    const iss = `${entra.base}/${TENANT}/v2.0`;
    const bound = await sign(
      key,
      personClaims(iss, start, {
        aud: APP_ID,
        azp: TEAMS_CLIENT,
        cnf: { jkt: await jktOf(holder) },
      }),
    );
    const sender = { tenantId: TENANT, objectId: AMARA, userId: '29:a', name: 'Amara' };
    expect(await codeOf(identity.verifySingleSignOn(bound, sender))).toBe('token_bound');
  });

  test('a good proof does not save a bad token', async () => {
    token = await tokenWith({ exp: Math.floor(start / 1_000) - 60 });
    expect(await refusal(await proofOf())).toBe('token_expired');
  });
});

describe('refused proofs (4.3)', () => {
  const rows: [string, string, () => Promise<string>][] = [
    ["6: another key than the token's", 'dpop_wrong_key', () => proofOf({ by: thief })],
    [
      "4.3: the holder's key in the header, signed by the thief's",
      'invalid: signature',
      () => proofOf({ by: thief, header: { jwk: publicJwk(holder) } }),
    ],
    [
      '4.3: the claims changed after signing',
      'invalid: signature',
      async () => {
        const [header = '', , signature = ''] = (await proofOf()).split('.');
        const [, payload = ''] = (await proofOf()).split('.');
        return `${header}.${payload}.${signature}`;
      },
    ],
    ['4.2: type JWT (RFC 8725 3.11)', 'invalid: typ', () => proofOf({ header: { typ: 'JWT' } })],
    ['4.2: no type', 'invalid: typ', () => proofOf({ header: { typ: undefined } })],
    ['4.2: no key', 'invalid: jwk', () => proofOf({ header: { jwk: undefined } })],
    [
      '4.2: a private key',
      'invalid: jwk',
      async () =>
        proofOf({
          header: { jwk: await exportJWK(holder.privateKey) },
        }),
    ],
    [
      '4.2: a JWK set',
      'invalid: jwk',
      () =>
        proofOf({
          header: { jwk: [publicJwk(holder)] },
        }),
    ],
    ['4.3 (RFC 8725 3.1): alg none', 'invalid: alg', () => reheaded({ alg: 'none' })],
    ['4.3: a symmetric algorithm', 'invalid: alg', () => reheaded({ alg: 'HS256' })],
    ['4.3: an algorithm of another key type', 'invalid: jwk', () => reheaded({ alg: 'RS256' })],
    ['4.3: an algorithm of another curve', 'invalid: jwk', () => reheaded({ alg: 'ES512' })],
    ['RFC 7515 4.1.11: a critical extension', 'invalid: crit', () => reheaded({ crit: ['x'] })],
    ['RFC 7797 3: an unencoded payload', 'invalid: crit', () => reheaded({ b64: false })],
    [
      'RFC 7518 3.3: a weak RSA key',
      'invalid: jwk',
      () =>
        reheaded({
          alg: 'RS256',
          jwk: { kty: 'RSA', n: 'A'.repeat(171), e: 'AQAB' },
        }),
    ],
    [
      'RFC 7518 6.4: a symmetric key',
      'invalid: jwk',
      () =>
        reheaded({
          jwk: { kty: 'oct', k: 'AAAA' },
        }),
    ],
    ['a point off its curve', 'dpop_wrong_key', () => reheaded({ jwk: offCurve() })],
    ['not a JWS', 'invalid: form', async () => 'proof'],
    ['five parts (JWE)', 'invalid: form', async () => 'a.b.c.d.e'],
    ['padding in base64url', 'invalid: form', async () => `${await proofOf()}=`],
    [
      'RFC 8725 2.6: a duplicate member',
      'invalid: form',
      async () => {
        const [header = '', , signature = ''] = (await proofOf()).split('.');
        const twice = Buffer.from('{"htm":"GET","htm":"POST"}').toString('base64url');
        return `${header}.${twice}.${signature}`;
      },
    ],
    ['10 KiB long', 'invalid: form', () => proofOf({ claims: { filler: 'x'.repeat(10_000) } })],
    ['4.3: another method', 'invalid: htm', () => proofOf({ claims: { htm: 'GET' } })],
    ['4.3: the method in lower case', 'invalid: htm', () => proofOf({ claims: { htm: 'post' } })],
    ['4.3: no method', 'invalid: htm', () => proofOf({ claims: { htm: undefined } })],
    [
      '4.3: another path',
      'invalid: htu',
      () => proofOf({ claims: { htu: `${URL_}/req_1/decisions` } }),
    ],
    [
      '4.3: another host',
      'invalid: htu',
      () => proofOf({ claims: { htu: URL_.replace('approve', 'evil') } }),
    ],
    [
      '4.3: another scheme',
      'invalid: htu',
      () => proofOf({ claims: { htu: URL_.replace('https', 'http') } }),
    ],
    [
      '4.3: another port',
      'invalid: htu',
      () => proofOf({ claims: { htu: URL_.replace('example', 'example:8443') } }),
    ],
    [
      '4.3: an address with user information',
      'invalid: htu',
      () => proofOf({ claims: { htu: URL_.replace('//', '//mallory@') } }),
    ],
    ['4.3: a relative address', 'invalid: htu', () => proofOf({ claims: { htu: '/v1/requests' } })],
    ['4.3: not an address', 'invalid: htu', () => proofOf({ claims: { htu: undefined } })],
    ['7: the hash of another token', 'invalid: ath', () => proofOf({ forToken: 'other' })],
    [
      '7: no hash of the token (a proof for the token endpoint)',
      'invalid: ath',
      () => proofOf({ claims: { ath: undefined } }),
    ],
    [
      '11.1: 61 s old',
      'dpop_proof_stale',
      () => proofOf({ claims: { iat: Math.floor(start / 1_000) - 61 } }),
    ],
    [
      '11.1: 31 s ahead',
      'dpop_proof_stale',
      () => proofOf({ claims: { iat: Math.floor(start / 1_000) + 31 } }),
    ],
    ['11.1: no iat', 'invalid: iat', () => proofOf({ claims: { iat: undefined } })],
    ['11.1: an iat that is a string', 'invalid: iat', () => proofOf({ claims: { iat: '1' } })],
    ['4.2: no jti', 'invalid: jti', () => proofOf({ claims: { jti: undefined } })],
    ['4.2: a jti that is not a string', 'invalid: jti', () => proofOf({ claims: { jti: 1 } })],
    [
      '11.1: a jti of 300 characters',
      'invalid: jti',
      () => proofOf({ claims: { jti: 'j'.repeat(300) } }),
    ],
  ];
  test.each(rows)('%s', async (_name, code, make) => {
    expect(await reason(await make())).toBe(code);
  });

  test('refuses a point off its curve even when the token is bound to it', async () => {
    token = await tokenWith({ cnf: { jkt: await calculateJwkThumbprint(offCurve()) } });
    expect(await reason(await reheaded({ jwk: offCurve() }))).toBe('invalid: signature');
  });
});

// RFC 9112 3.2.2: a proxy may pass a request target that does not parse with our address in front.
test('4.3: an unreadable htu does not match an unreadable request URL', async () => {
  const proof = await proofOf({ claims: { htu: 'no address' } });
  expect(await refusal(proof, { url: 'https://approve.example:8443http://x/v1/requests' })).toBe(
    'dpop_proof_invalid',
  );
});

describe('a proof is accepted once (11.1)', () => {
  test('refuses the same proof again, on this replica and on another', async () => {
    const proof = await proofOf();
    expect(await refusal(proof)).toBe('accepted');
    expect(await refusal(proof)).toBe('dpop_proof_replayed');
    expect(await codeOf(otherReplica.verifyBearer(token, at(proof)))).toBe('dpop_proof_replayed');
  });

  test('two replicas at the same moment: exactly one accepts', async () => {
    const proof = await proofOf();
    const codes = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        codeOf((index % 2 ? identity : otherReplica).verifyBearer(token, at(proof))),
      ),
    );
    expect(codes.sort()).toEqual([
      'accepted',
      ...Array.from({ length: 9 }, () => 'dpop_proof_replayed'),
    ]);
  });

  test('accepts the same jti under another key', async () => {
    const proof = await proofOf({ claims: { jti: 'common' } });
    expect(await refusal(proof)).toBe('accepted');
    token = await tokenWith({ cnf: { jkt: await jktOf(thief) } });
    expect(await refusal(await proofOf({ by: thief, claims: { jti: 'common' } }))).toBe('accepted');
  });

  test('a refused proof does not use up its jti', async () => {
    const claims = { jti: 'kept' };
    expect(await refusal(await proofOf({ claims: { ...claims, htm: 'GET' } }))).toBe(
      'dpop_proof_invalid',
    );
    expect(await refusal(await proofOf({ claims }))).toBe('accepted');
  });

  test('the jti is kept until the proof is too old', async () => {
    const proof = await proofOf();
    expect(await refusal(proof)).toBe('accepted');
    clock.set(start + 59_000);
    await opened.store.purge(clock.now(), 1_000);
    expect(await refusal(proof)).toBe('dpop_proof_replayed');
    clock.set(start + 200_000);
    await opened.store.purge(clock.now(), 1_000);
    expect(await refusal(proof)).toBe('dpop_proof_stale');
  });
});

describe('with nonces of ours (8, 9)', () => {
  const nonces = createDpopNonces((text) => sha256(`secret ${text}`));
  const strict = async () =>
    createIdentity({
      config: configOf([oidcIssuer(server)], { teams: {} }),
      clock,
      log,
      nonces,
      once: createOnceKeys({ store: opened.store, clock, ids: systemIds }),
    });

  test('asks for a nonce, then accepts the proof with it', async () => {
    const asked = await strict();
    const error = await asked.verifyBearer(token, at(await proofOf())).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'dpop_nonce_needed', nonce: nonces.current(start) });
    const claims = { nonce: nonces.current(start) };
    expect(await codeOf(asked.verifyBearer(token, at(await proofOf({ claims }))))).toBe('accepted');
  });

  test('accepts the previous nonce, refuses an older or invented one', async () => {
    const asked = await strict();
    const with_ = async (nonce: string) =>
      codeOf(asked.verifyBearer(token, at(await proofOf({ claims: { nonce } }))));
    expect(await with_(nonces.current(start - 5 * 60_000))).toBe('accepted');
    expect(await with_(nonces.current(start - 11 * 60_000))).toBe('dpop_nonce_needed');
    expect(await with_(nonces.current(start + 6 * 60_000))).toBe('dpop_nonce_needed');
    expect(await with_('invented')).toBe('dpop_nonce_needed');
  });
});

describe('over HTTP', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startServer({
      identity: { ...identity, verifyBearer: (...given) => identity.verifyBearer(...given) },
    });
  });
  afterAll(() => harness.stop());

  const list = async (headers: Record<string, string>) => {
    const answer = await fetch(`${harness.url}/v1/requests?limit=5`, { headers });
    const body = (await answer.json()) as { code?: string };
    return {
      status: answer.status,
      code: body.code,
      challenge: answer.headers.get('www-authenticate') ?? '',
    };
  };
  const getProof = () => proofOf({ claims: { htm: 'GET' } });

  test('7.1: accepts the DPoP scheme with one proof for the public address', async () => {
    expect(await list({ authorization: `DPoP ${token}`, dpop: await getProof() })).toMatchObject({
      status: 200,
    });
  });

  test('7.2: refuses the bound token as Bearer, with or without a proof', async () => {
    const refused = {
      status: 401,
      code: 'token_bound',
      challenge: expect.stringMatching(/^DPoP .*algs="ES256/),
    };
    expect(await list({ authorization: `Bearer ${token}` })).toMatchObject(refused);
    expect(await list({ authorization: `Bearer ${token}`, dpop: await getProof() })).toMatchObject(
      refused,
    );
  });

  test('4.3: refuses a missing or a second proof', async () => {
    expect(await list({ authorization: `DPoP ${token}` })).toMatchObject({
      status: 400,
      code: 'header_invalid',
    });
    const [one, two] = [await getProof(), await getProof()];
    expect((await list({ authorization: `DPoP ${token}`, dpop: `${one}, ${two}` })).status).toBe(
      401,
    );
  });

  test('7.1: names the reason for a proof with another address', async () => {
    expect(await list({ authorization: `DPoP ${token}`, dpop: await proofOf() })).toMatchObject({
      status: 401,
      code: 'dpop_proof_invalid',
      challenge: expect.stringContaining('error="invalid_dpop_proof"'),
    });
  });

  test('accepts an unbound token as Bearer', async () => {
    const plain = await tokenWith({ cnf: undefined });
    expect((await get(`${harness.url}/v1/requests`, plain)).status).toBe(200);
  });
});
