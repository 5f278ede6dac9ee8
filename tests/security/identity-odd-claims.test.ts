/** Optional claims of an odd shape: they never refuse a token, and never prove anything. */
import { meetsStepUp } from '../../src/domain/request/step-up.ts';
import type { Principal } from '../../src/domain/people/principal.ts';
import { createVerifier } from '../../src/identity/tokens/verify-token.ts';
import type { Verifier } from '../../src/identity/tokens/verify-token.ts';
import {
  codeOf,
  configOf,
  log,
  newKey,
  oidcIssuer,
  personClaims,
  sign,
  startKeyServer,
  turnableClock,
  workloadClaims,
} from '../unit/identity/kit.ts';
import type { Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';

const clock = turnableClock();
let server: KeyServer;
let pipelines: KeyServer;
let key: TestKey;
let verifier: Verifier;

beforeAll(async () => {
  [server, pipelines, key] = await Promise.all([startKeyServer(), startKeyServer(), newKey('k1')]);
  server.state.keys = pipelines.state.keys = [key.publicJwk];
  const workloads = { id: 'ci', use: ['workloads'], teams: null } as const;
  const config = configOf([oidcIssuer(server), oidcIssuer(pipelines, workloads)]);
  verifier = createVerifier({ config, clock, log });
});
afterAll(() => Promise.all([server.stop(), pipelines.stop()]));

const person = async (over: Claims): Promise<Principal> => {
  const token = await sign(key, personClaims(server.state.issuer, clock.now(), over));
  return (await verifier.verify(token, { kind: 'bearer' })).principal;
};

const ODD: readonly unknown[] = [null, 7, true, '', {}, [[]], ['mfa', 1], 'x'.repeat(1_025)];
const OPTIONAL = ['amr', 'acr', 'acrs', 'auth_time', 'jti', 'uti', 'name'] as const;

describe.each(OPTIONAL)('%s of an odd shape', (name) => {
  test.each(ODD.map((value) => [JSON.stringify(value).slice(0, 20), value] as const))(
    'counts as absent: %s',
    async (_shown, value) => {
      // The one time among them: a number is its shape.
      const odd = name === 'auth_time' && value === 7 ? '1790000000' : value;
      const bare = { uti: undefined, jti: undefined, name: undefined };
      const { token, name: shown } = await person({ ...bare, [name]: odd });
      expect(token).toMatchObject({ acr: null, amr: [], authTime: null, tokenId: null });
      expect(token.acrs ?? []).toEqual([]);
      expect(shown).toBe(
        name === 'name' && typeof odd === 'string' && odd ? 'x'.repeat(200) : 'pairwise-amara',
      );
    },
  );
});

test.each([
  ['amr', 'mfa', { amr: ['mfa'] }],
  ['acrs', 'c1', { acrs: ['c1'] }],
] as const)('reads one text in %s as a list of one', async (name, value, found) => {
  expect((await person({ [name]: value })).token).toMatchObject(found);
});

test.each<[string, Claims, Parameters<typeof meetsStepUp>[0]]>([
  ['amr as a text of two', { amr: 'pwd mfa' }, { acr: null, amr: ['mfa'], maxAgeMs: null }],
  ['amr with a number', { amr: ['mfa', 1] }, { acr: null, amr: ['mfa'], maxAgeMs: null }],
  ['amr as an object', { amr: { 0: 'mfa' } }, { acr: null, amr: ['mfa'], maxAgeMs: null }],
  ['acr as a number', { acr: 2 }, { acr: ['2'], amr: null, maxAgeMs: null }],
  ['acr as a list', { acr: ['c1'] }, { acr: ['c1'], amr: null, maxAgeMs: null }],
  ['acrs as an object', { acrs: { c1: true } }, { acr: ['c1'], amr: null, maxAgeMs: null }],
  [
    'auth_time as a text',
    { auth_time: new Date(clock.now()).toISOString() },
    { acr: null, amr: null, maxAgeMs: 60_000 },
  ],
  ['auth_time of null', { auth_time: null }, { acr: null, amr: null, maxAgeMs: 60_000 }],
])('does not pass a step-up: %s', async (_name, over, demand) => {
  const { token } = await person(over);
  expect(meetsStepUp(demand, token, clock.now())).toMatchObject({
    ok: false,
    refusal: { code: 'step_up_required' },
  });
});

test('a token without a usable id is known by its digest', async () => {
  const [one, two] = await Promise.all([
    person({ jti: 7, uti: null }),
    person({ jti: 8, uti: {} }),
  ]);
  expect([one.token.tokenId, two.token.tokenId]).toEqual([null, null]);
  expect(one.token.digest).not.toBe(two.token.digest);
});

test.each([{ amr: null }, { auth_time: null }])(
  'at an issuer for pipelines, %j shows no person',
  async (over) => {
    const claims = { idtyp: undefined, azp: undefined, ...over };
    const token = await sign(key, workloadClaims(pipelines.state.issuer, clock.now(), claims));
    const { principal } = await verifier.verify(token, { kind: 'bearer' });
    expect(principal).toMatchObject({ kind: 'workload', roles: [] });
  },
);

test.each([{ amr: 'pwd' }, { amr: {} }, { auth_time: '2026-11-20T12:00:00Z' }])(
  'at an issuer for pipelines, %j still shows a person, who is refused',
  async (over) => {
    const claims = { idtyp: undefined, azp: undefined, ...over };
    const token = await sign(key, workloadClaims(pipelines.state.issuer, clock.now(), claims));
    expect(await codeOf(verifier.verify(token, { kind: 'bearer' }))).toBe(
      'token_kind_not_accepted',
    );
  },
);

test('a role claim of null gives no role', async () => {
  expect((await person({ roles: null })).roles).toEqual([]);
});

test.each<[string, Claims]>([
  ['sub', { sub: 7 }],
  ['oid', { oid: null }],
  ['tid', { tid: [] }],
  ['azp', { azp: null }],
  ['appid', { azp: undefined, appid: 7 }],
  ['exp', { exp: '1790000000' }],
  ['nbf', { nbf: null }],
  ['iat', { iat: null }],
  ['aud', { aud: null }],
  ['roles', { roles: 7 }],
  ['roles', { roles: [null] }],
  // Half a surrogate pair: it has no canonical form, so a request with it could not be hashed.
  ['sub', { sub: 'amara\ud800' }],
  ['oid', { oid: '\ud800' }],
  ['tid', { tid: 'a\udc00b' }],
  ['azp', { azp: '\ud800' }],
  ['roles', { roles: ['approver', '\ud800'] }],
])('stays strict about %s: %j', async (_name, over) => {
  expect(await codeOf(person(over))).toMatch(/^token_(claim_invalid|audience)$/);
});

test('half a surrogate pair counts as absent in optional claims and in claims for rules', async () => {
  const half = '\ud800';
  const odd = { amr: [half], acrs: half, acr: half, jti: half, uti: half, department: half };
  const { token, claims } = await person(odd);
  expect(token).toMatchObject({ acr: null, amr: [], tokenId: null });
  expect([token.acrs, claims['department']]).toEqual([undefined, undefined]);
});
