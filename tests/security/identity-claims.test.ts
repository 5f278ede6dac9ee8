/** Attacks on what a well-signed token says: issuer, audience, times, kind, tenant, roles. */
import type { Principal } from '../../src/domain/principal.ts';
import { createIdentity } from '../../src/identity/identity.ts';
import type { Identity } from '../../src/usecases/ports.ts';
import {
  AMARA, API, APP_ID, OTHER_TENANT, OUR_URL, TENANT, codeOf, configOf, entraIssuer, log, newKey,
  oidcIssuer, personClaims, sign, signText, startKeyServer, turnableClock, workloadClaims,
} from '../unit/identity/kit.ts';
import type { Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';

const clock = turnableClock();
const start = clock.now();
let server: KeyServer;
let entra: KeyServer;
let pipelines: KeyServer;
let key: TestKey;
let identity: Identity;
let entraIss: string;

beforeAll(async () => {
  key = await newKey('k1');
  server = await startKeyServer();
  entra = await startKeyServer({ issuerPath: '/{tenantid}/v2.0' });
  pipelines = await startKeyServer();
  for (const each of [server, entra, pipelines]) each.state.keys = [key.publicJwk];
  entraIss = `${entra.base}/${TENANT}/v2.0`;
  identity = createIdentity({
    config: configOf([
      oidcIssuer(server),
      entraIssuer(entra, { use: ['people', 'workloads'] }),
      oidcIssuer(pipelines, {
        id: 'github', use: ['workloads'], teams: null, nameClaim: 'repository',
      }),
    ]),
    clock, log,
  });
});
afterAll(() => Promise.all([server.stop(), entra.stop(), pipelines.stop()]));
beforeEach(() => clock.set(start));

const claims = (over: Claims = {}) => personClaims(server.state.issuer, start, over);
const refusal = async (token: Promise<string>) => codeOf(identity.verifyBearer(await token));
const person = async (over: Claims = {}): Promise<Principal> =>
  identity.verifyBearer(await sign(key, claims(over)));

describe('issuer (RFC 8725 3.8, OpenID Connect Core 3.1.3.7)', () => {
  const rows: [string, string, (iss: string) => unknown][] = [
    ['a slash at the end', 'token_issuer_unknown', (iss) => `${iss}/`],
    ['other letters', 'token_issuer_unknown', (iss) => iss.replace('http', 'HTTP')],
    ['another scheme', 'token_issuer_unknown', (iss) => iss.replace('http:', 'https:')],
    ['a longer host', 'token_issuer_unknown', (iss) => `${iss}.attacker.example`],
    ['a path behind', 'token_issuer_unknown', (iss) => `${iss}/realms/attacker`],
    ['a query behind', 'token_issuer_unknown', (iss) => `${iss}?x`],
    ['a prefix only', 'token_issuer_unknown', (iss) => iss.slice(0, -1)],
    ['a NUL behind', 'token_issuer_unknown', (iss) => `${iss}\u0000`],
    ['our own address', 'token_own_issuer', () => OUR_URL],
    ['our own address with a slash', 'token_own_issuer', () => `${OUR_URL}/`],
    ['the template itself', 'token_issuer_unknown', () => `${entra.base}/{tenantid}/v2.0`],
    ['a tenant that is not allowed', 'token_tenant_not_allowed',
      () => `${entra.base}/${OTHER_TENANT}/v2.0`],
    ['the allowed tenant in capitals', 'token_issuer_unknown',
      () => `${entra.base}/${TENANT.toUpperCase()}/v2.0`],
    ['v1 of an allowed tenant', 'token_issuer_unknown', () => `https://sts.windows.net/${TENANT}/`],
    ['a list', 'token_claim_invalid', (iss) => [iss]],
    ['null', 'token_claim_invalid', () => null],
    ['an empty text', 'token_claim_invalid', () => ''],
    ['missing', 'token_claim_missing', () => undefined],
  ];
  test.each(rows)('%s: %s', async (_name, code, twist) => {
    expect(await refusal(sign(key, claims({ iss: twist(server.state.issuer) })))).toBe(code);
  });

  test('no key is asked for on behalf of an issuer that is not configured', async () => {
    const before = { ...server.fetched };
    await refusal(sign(key, claims({ iss: 'https://attacker.example' })));
    expect(server.fetched).toEqual(before);
  });

  test('ourselves cannot be configured as an issuer', () => {
    const config = configOf([oidcIssuer(server, { issuer: OUR_URL })]);
    expect(() => createIdentity({ config, clock, log })).toThrow(/our own address/);
  });

  test('two issuers of one iss cannot be configured', () => {
    const config = configOf([oidcIssuer(server), oidcIssuer(server, { id: 'again' })]);
    expect(() => createIdentity({ config, clock, log })).toThrow(/two of them answer/);
  });

  test('no other provider takes the name that the keys of Entra\'s people begin with', () => {
    const config = configOf([oidcIssuer(server, { id: 'entra' })]);
    expect(() => createIdentity({ config, clock, log })).toThrow(/"entra" is for an issuer/);
  });

  test('a workload whose subject reads as tenant and object id is not that person', async () => {
    const sub = `${TENANT}|${AMARA}`;
    expect((await person()).key).toBe(`idp|${sub}`);
    const forged = workloadClaims(server.state.issuer, start, { sub, azp: sub });
    expect(await refusal(sign(key, forged))).toBe('token_claim_invalid');
  });
});

describe('audience (RFC 8725 3.9)', () => {
  const rows: [string, string, unknown][] = [
    ['another service', 'token_audience', 'api://other'],
    ['ours in other letters', 'token_audience', API.toUpperCase()],
    ['ours with a slash', 'token_audience', `${API}/`],
    ['ours among others', 'token_audience', [API, 'api://other']],
    ['ours twice', 'token_audience', [API, API]],
    ['an empty list', 'token_audience', []],
    ['a list in a list', 'token_audience', [[API]]],
    ['an object', 'token_audience', { 0: API, length: 1 }],
    ['the bot\'s app id, which is for single sign-on', 'token_audience', APP_ID],
    ['null', 'token_audience', null],
    ['missing', 'token_claim_missing', undefined],
    ['a list of ours alone', 'accepted', [API]],
  ];
  test.each(rows)('%s: %s', async (_name, code, aud) => {
    expect(await refusal(sign(key, claims({ aud })))).toBe(code);
  });
});

describe('times (RFC 7519 4.1; ours is a tolerance of 30 s and an age of 1 h)', () => {
  const now = start / 1_000;
  const rows: [string, string, Claims][] = [
    ['no exp', 'token_claim_missing', { exp: undefined }],
    ['no iat', 'token_claim_missing', { iat: undefined }],
    ['exp as text', 'token_claim_invalid', { exp: String(now + 600) }],
    ['exp null', 'token_claim_invalid', { exp: null }],
    ['exp below zero', 'token_claim_invalid', { exp: -1 }],
    ['exp beyond exact numbers', 'token_claim_invalid', { exp: 2 ** 53 }],
    ['exp as list', 'token_claim_invalid', { exp: [now + 600] }],
    ['iat as text', 'token_claim_invalid', { iat: String(now) }],
    ['nbf as text', 'token_claim_invalid', { nbf: String(now) }],
    ['auth_time as text', 'token_claim_invalid', { auth_time: 'now' }],
    ['expired 29 s ago', 'accepted', { exp: now - 29 }],
    ['expired 30 s ago', 'token_expired', { exp: now - 30 }],
    ['expired long ago', 'token_expired', { exp: now - 86_400 }],
    ['exp zero', 'token_expired', { exp: 0 }],
    ['valid in 30 s', 'accepted', { nbf: now + 30 }],
    ['valid in 31 s', 'token_not_yet_valid', { nbf: now + 31 }],
    ['issued in 30 s', 'accepted', { iat: now + 30 }],
    ['issued in 31 s', 'token_issued_in_future', { iat: now + 31 }],
    ['issued in milliseconds instead of seconds', 'token_issued_in_future', { iat: start }],
    ['as old as allowed', 'accepted', { iat: now - 3_630 }],
    ['one second older', 'token_too_old', { iat: now - 3_631 }],
  ];
  test.each(rows)('%s: %s', async (_name, code, over) => {
    expect(await refusal(sign(key, claims(over)))).toBe(code);
  });

  test('exp 1e400, which JSON reads as infinity', async () => {
    const payload = JSON.stringify(claims({ exp: 0 })).replace('"exp":0', '"exp":1e400');
    const token = signText(key, { alg: 'RS256', kid: 'k1' }, payload);
    expect(await refusal(token)).toBe('token_claim_invalid');
  });

  test('a token ends at its last moment by our clock, not by its own', async () => {
    const token = sign(key, claims({ exp: now + 60 }));
    clock.set(start + 89_999);
    expect(await refusal(token)).toBe('accepted');
    clock.advance(1);
    expect(await refusal(token)).toBe('token_expired');
  });
});

describe('kinds of token at the API', () => {
  const entraClaims = (over: Claims) =>
    personClaims(entraIss, start, { sub: 'pairwise', ...over });
  const entraApp = (over: Claims) => entraClaims({
    scp: undefined, idtyp: 'app', sub: TENANT, oid: TENANT, name: undefined, ...over,
  });
  const rows: [string, string, () => Claims][] = [
    ['an ID token by its nonce', 'token_is_id_token', () => claims({ nonce: 'n' })],
    ['an ID token by at_hash', 'token_is_id_token', () => claims({ at_hash: 'n' })],
    ['an ID token by c_hash', 'token_is_id_token', () => claims({ c_hash: 'n' })],
    ['Keycloak\'s refresh token', 'token_is_id_token', () => claims({ typ: 'Refresh' })],
    ['Keycloak\'s ID token', 'token_is_id_token', () => claims({ typ: 'ID' })],
    ['a logout token', 'token_is_id_token', () => claims({ events: {} })],
    ['Entra: an ID token, which has neither scp nor idtyp', 'token_kind_unclear',
      () => entraClaims({ scp: undefined, azp: undefined })],
    ['Entra: scp and app at once', 'token_kind_unclear', () => entraClaims({ idtyp: 'app' })],
    ['Entra: an application', 'accepted', () => entraApp({})],
    ['Entra: an application without idtyp', 'accepted', () => entraApp({ idtyp: undefined })],
    ['a person at an issuer of workloads only', 'token_kind_not_accepted',
      () => personClaims(pipelines.state.issuer, start, {})],
    ['a person there, without scp', 'token_kind_not_accepted',
      () => workloadClaims(pipelines.state.issuer, start, {
        idtyp: undefined, azp: undefined, preferred_username: 'amara',
      })],
    ['a pipeline there', 'accepted',
      () => workloadClaims(pipelines.state.issuer, start, { idtyp: undefined, azp: undefined })],
    ['neither sign where the issuer serves both', 'token_kind_unclear',
      () => workloadClaims(server.state.issuer, start, { idtyp: undefined, azp: undefined })],
  ];
  test.each(rows)('%s: %s', async (_name, code, of) => {
    expect(await refusal(sign(key, of()))).toBe(code);
  });

  const appOnly: [string, Claims][] = [
    ['idtyp', {}],
    ['a subject that is the client (RFC 9068 2.2)', { idtyp: undefined }],
    ['Auth0\'s gty', { idtyp: undefined, azp: 'x', gty: 'client-credentials' }],
    ['idtyp although there are roles, a scope and an oid',
      { scp: 'x', roles: ['approver'], oid: 'o' }],
  ];
  test.each(appOnly)('an app-only token is no person: %s', async (_name, over) => {
    const token = await sign(key, workloadClaims(server.state.issuer, start, over));
    expect(await identity.verifyBearer(token)).toMatchObject({
      kind: 'workload', tenant: null, objectId: null, key: 'idp|checkout-pipeline',
    });
  });
});

describe('tenant and person', () => {
  const entraRow = (over: Claims) => sign(key, personClaims(entraIss, start, over));
  const rows: [string, string, Claims][] = [
    ['tid of another tenant than iss', 'token_tenant_not_allowed', { tid: OTHER_TENANT }],
    ['no tid', 'token_claim_missing', { tid: undefined }],
    ['tid in a list', 'token_claim_invalid', { tid: [TENANT] }],
    ['no oid', 'token_claim_missing', { oid: undefined }],
    ['an oid that is no GUID', 'token_claim_invalid', { oid: 'amara' }],
    ['an oid with a separator', 'token_claim_invalid', { oid: `x|${TENANT}` }],
    ['no sub', 'token_claim_missing', { sub: undefined }],
    ['sub as number', 'token_claim_invalid', { sub: 7 }],
    ['an endless sub', 'token_claim_invalid', { sub: 'x'.repeat(1_025) }],
  ];
  test.each(rows)('Entra, %s: %s', async (_name, code, over) => {
    expect(await refusal(entraRow(over))).toBe(code);
  });

  test('two allowed tenants: tid and iss must name the same', async () => {
    const two = createIdentity({
      config: configOf([entraIssuer(entra, { tenants: [TENANT, OTHER_TENANT] })]), clock, log,
    });
    const token = await entraRow({ tid: OTHER_TENANT });
    expect(await codeOf(two.verifyBearer(token))).toBe('token_tenant_mismatch');
  });

  test('a key that Entra publishes for another issuer does not count', async () => {
    const foreign = await newKey('msa');
    entra.state.keys = [
      { ...key.publicJwk, issuer: `${entra.base}/{tenantid}/v2.0` },
      { ...foreign.publicJwk, issuer: `${entra.base}/${OTHER_TENANT}/v2.0` },
    ];
    const fresh = createIdentity({ config: configOf([entraIssuer(entra)]), clock, log });
    const check = async (signer: TestKey) =>
      codeOf(fresh.verifyBearer(await sign(signer, personClaims(entraIss, start))));
    expect(await check(key)).toBe('accepted');
    expect(await check(foreign)).toBe('token_key_not_for_issuer');
  });

  test('one subject at two providers is two principals', async () => {
    const here = await person({ oid: undefined, sub: 'same', scp: undefined, ...workload });
    const there = await identity.verifyBearer(
      await sign(key, workloadClaims(pipelines.state.issuer, start, { sub: 'same' })),
    );
    expect([here.key, there.key]).toEqual(['idp|same', 'github|same']);
  });
  const workload = { idtyp: 'app', tid: undefined };
});

describe('roles and claims', () => {
  const refused: [string, unknown][] = [
    ['a list in a list', [['approver']]],
    ['an object', { approver: true }],
    ['an object that looks like a list', { 0: 'approver', length: 1 }],
    ['a number', 1],
    ['true', true],
    ['null', null],
    ['numbers among texts', ['approver', 1]],
    ['null among texts', ['approver', null]],
    ['201 values', Array.from({ length: 201 }, (_, at) => `r${at}`)],
    ['an endless value', ['x'.repeat(1_025)]],
  ];
  test.each(refused)('roles as %s are refused, not guessed at', async (_name, roles) => {
    expect(await refusal(sign(key, claims({ roles })))).toBe('token_claim_invalid');
  });

  test('a text is one role, and is never split', async () => {
    expect((await person({ roles: 'approver security-lead' })).roles)
      .toEqual(['approver security-lead']);
    expect((await person({ roles: 'approver,security-lead' })).roles)
      .toEqual(['approver,security-lead']);
  });

  test('no roles are no roles', async () => {
    expect((await person({ roles: undefined })).roles).toEqual([]);
    expect((await person({ roles: '' })).roles).toEqual([]);
    expect((await person({ roles: [] })).roles).toEqual([]);
  });

  test('what is inherited is no claim: __proto__, constructor, toString', async () => {
    const inherited = createIdentity({
      config: configOf([oidcIssuer(server, {
        roles: [
          { claim: 'constructor', map: null }, { claim: '__proto__', map: null },
          { claim: 'groups', map: { admins: ['security-lead'] } },
        ],
        claims: ['toString', '__proto__', 'department'],
      })]),
      clock, log,
    });
    const principal = await inherited.verifyBearer(
      await sign(key, claims({ groups: ['__proto__', 'constructor', 'toString', 'valueOf'] })),
    );
    expect(principal.roles).toEqual([]);
    expect(Object.keys(principal.claims)).toEqual(['department']);
  });

  test('a __proto__ member in the token changes nothing', async () => {
    const payload = JSON.stringify(claims({ roles: undefined }))
      .replace('{', '{"__proto__":{"roles":["approver"],"department":"Security"},');
    const token = await signText(key, { alg: 'RS256', kid: 'k1' }, payload);
    const principal = await identity.verifyBearer(token);
    expect(principal.roles).toEqual([]);
    expect(({} as Claims).roles).toBeUndefined();
  });

  test('claims that are not configured do not reach the rules', async () => {
    expect((await person({ salary: 1 })).claims).toEqual({ department: 'Payments' });
  });

  test('claims of a form that rules do not know are left out', async () => {
    expect((await person({ department: { name: 'Payments' } })).claims).toEqual({});
  });

  test('a hostile name is one bounded line', async () => {
    const { name } = await person({ name: `Amara\r\n\u202eadmin\u0000${'x'.repeat(500)}` });
    expect(name).toMatch(/^Amara admin x+$/);
    expect(name.length).toBeLessThanOrEqual(200);
  });
});
