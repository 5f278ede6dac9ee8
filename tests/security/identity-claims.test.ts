/** Who a well-signed token stands for, beyond the rows of identity-attacks. */
import { samePerson } from '../../src/domain/people/principal.ts';
import type { Principal } from '../../src/domain/people/principal.ts';
import { createIdentity } from '../../src/identity/identity.ts';
import type { Identity } from '../../src/usecases/ports/identity.ts';
import {
  AMARA,
  OTHER_TENANT,
  OUR_URL,
  TENANT,
  codeOf,
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
  workloadClaims,
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
        id: 'github',
        use: ['workloads'],
        teams: null,
        nameClaim: 'repository',
      }),
    ]),
    clock,
    log,
  });
});
afterAll(() => Promise.all([server.stop(), entra.stop(), pipelines.stop()]));
beforeEach(() => clock.set(start));

const claims = (over: Claims = {}) => personClaims(server.state.issuer, start, over);
const refusal = async (token: Promise<string>) => codeOf(identity.verifyBearer(await token));
const person = async (over: Claims = {}): Promise<Principal> =>
  identity.verifyBearer(await sign(key, claims(over)));

describe('issuer (RFC 8725 3.8, OpenID Connect Core 3.1.3.7)', () => {
  test('fetches no keys for an issuer that is not configured', async () => {
    const before = { ...server.fetched };
    await refusal(sign(key, claims({ iss: 'https://attacker.example' })));
    expect(server.fetched).toEqual(before);
  });

  test('rejects our own address as an issuer', () => {
    const config = configOf([oidcIssuer(server, { issuer: OUR_URL })]);
    expect(() => createIdentity({ config, clock, log })).toThrow(/our own address/);
  });

  test('rejects two issuers with the same iss', () => {
    const config = configOf([oidcIssuer(server), oidcIssuer(server, { id: 'again' })]);
    expect(() => createIdentity({ config, clock, log })).toThrow(/two of them have the issuer/);
  });

  test("rejects an issuer id that is the key prefix of Entra's people", () => {
    const config = configOf([oidcIssuer(server, { id: 'entra' })]);
    expect(() => createIdentity({ config, clock, log })).toThrow(/"entra" is for an issuer/);
  });

  test("a workload's subject in the form of tenant and object id does not collide with that person", async () => {
    const sub = `${TENANT}|${AMARA}`;
    expect((await person()).key).toBe(`idp|${sub}`);
    const forged = workloadClaims(server.state.issuer, start, { sub, azp: sub });
    expect(await refusal(sign(key, forged))).toBe('token_claim_invalid');
  });
});

describe('times (RFC 7519 4.1; tolerance 30 s, maximum age 1 h)', () => {
  const now = start / 1_000;
  test('a token expires by our clock, not by its own', async () => {
    const token = sign(key, claims({ exp: now + 60 }));
    clock.set(start + 89_999);
    expect(await refusal(token)).toBe('accepted');
    clock.advance(1);
    expect(await refusal(token)).toBe('token_expired');
  });
});

describe('kinds of token at the API', () => {
  const appOnly: [string, Claims][] = [
    ['idtyp', {}],
    ['a subject that is the client (RFC 9068 2.2)', { idtyp: undefined }],
    ["Auth0's gty", { idtyp: undefined, azp: 'x', gty: 'client-credentials' }],
    ['idtyp=app despite roles, a scope and an oid', { scp: 'x', roles: ['approver'], oid: 'o' }],
  ];
  test.each(appOnly)('an app-only token does not stand for a person: %s', async (_name, over) => {
    const token = await sign(key, workloadClaims(server.state.issuer, start, over));
    expect(await identity.verifyBearer(token)).toMatchObject({
      kind: 'workload',
      tenant: null,
      objectId: null,
      key: 'idp|checkout-pipeline',
    });
  });
});

describe('tenant and person', () => {
  const entraRow = (over: Claims) => sign(key, personClaims(entraIss, start, over));
  test('with two allowed tenants, tid and iss must agree', async () => {
    const two = createIdentity({
      config: configOf([entraIssuer(entra, { tenants: [TENANT, OTHER_TENANT] })]),
      clock,
      log,
    });
    const token = await entraRow({ tid: OTHER_TENANT });
    expect(await codeOf(two.verifyBearer(token))).toBe('token_tenant_mismatch');
  });

  test('equal subject and object id in two allowed tenants are two people', async () => {
    const two = createIdentity({
      config: configOf([entraIssuer(entra, { tenants: [TENANT, OTHER_TENANT] })]),
      clock,
      log,
    });
    const from = async (tid: string) =>
      two.verifyBearer(
        await sign(key, personClaims(`${entra.base}/${tid}/v2.0`, start, { tid, sub: 'same' })),
      );
    const [here, there] = [await from(TENANT), await from(OTHER_TENANT)];
    expect([here.subject, here.objectId]).toEqual([there.subject, there.objectId]);
    expect(here.key).not.toBe(there.key);
    expect(samePerson(here, there)).toBe(false);
  });

  test('refuses a key that Entra publishes for another issuer', async () => {
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

  test('equal subjects at two providers are two principals', async () => {
    const here = await person({ oid: undefined, sub: 'same', scp: undefined, ...workload });
    const there = await identity.verifyBearer(
      await sign(key, workloadClaims(pipelines.state.issuer, start, { sub: 'same' })),
    );
    expect([here.key, there.key]).toEqual(['idp|same', 'github|same']);
  });
  const workload = { idtyp: 'app', tid: undefined };
});

describe('roles and claims', () => {
  test('a string is one role and is never split', async () => {
    expect((await person({ roles: 'approver security-lead' })).roles).toEqual([
      'approver security-lead',
    ]);
    expect((await person({ roles: 'approver,security-lead' })).roles).toEqual([
      'approver,security-lead',
    ]);
  });

  test('an empty role claim gives no roles', async () => {
    expect((await person({ roles: undefined })).roles).toEqual([]);
    expect((await person({ roles: '' })).roles).toEqual([]);
    expect((await person({ roles: [] })).roles).toEqual([]);
  });

  test('ignores inherited members as claims: __proto__, constructor, toString', async () => {
    const inherited = createIdentity({
      config: configOf([
        oidcIssuer(server, {
          roles: [
            { claim: 'constructor', map: null },
            { claim: '__proto__', map: null },
            { claim: 'groups', map: { admins: ['security-lead'] } },
          ],
          claims: ['toString', '__proto__', 'department'],
        }),
      ]),
      clock,
      log,
    });
    const principal = await inherited.verifyBearer(
      await sign(key, claims({ groups: ['__proto__', 'constructor', 'toString', 'valueOf'] })),
    );
    expect(principal.roles).toEqual([]);
    expect(Object.keys(principal.claims)).toEqual(['department']);
  });

  test('refuses a token with a __proto__ member, without pollution', async () => {
    const payload = JSON.stringify(claims({ roles: undefined })).replace(
      '{',
      '{"__proto__":{"roles":["approver"],"department":"Security"},',
    );
    const token = await signText(key, { alg: 'RS256', kid: 'k1' }, payload);
    expect(await codeOf(identity.verifyBearer(token))).toBe('token_malformed');
    expect(({} as Claims).roles).toBeUndefined();
  });

  test('passes only configured claims to the rules', async () => {
    expect((await person({ salary: 1 })).claims).toEqual({ department: 'Payments' });
  });

  test('leaves out claims of an unsupported shape', async () => {
    expect((await person({ department: { name: 'Payments' } })).claims).toEqual({});
  });

  test('reduces a hostile name to one bounded line', async () => {
    const { name } = await person({ name: `Amara\r\n\u202eadmin\u0000${'x'.repeat(500)}` });
    expect(name).toMatch(/^Amara admin x+$/);
    expect(name.length).toBeLessThanOrEqual(200);
  });
});
