/** What `token inspect` and `doctor` say of a configured claim that is there in another shape. */
import type { IssuerConfig } from '../../../src/config/config.ts';
import { inspectToken } from '../../../src/identity/inspect/inspect-token.ts';
import { createVerifier } from '../../../src/identity/tokens/verify-token.ts';
import {
  configOf,
  log,
  newKey,
  oidcIssuer,
  personClaims,
  sign,
  startKeyServer,
  turnableClock,
} from './kit.ts';
import type { Claims, KeyServer, TestKey } from './kit.ts';

type Source = IssuerConfig['roles'][number];

const clock = turnableClock();
let server: KeyServer;
let key: TestKey;

beforeAll(async () => {
  [server, key] = await Promise.all([startKeyServer(), newKey('k1')]);
  server.state.keys = [key.publicJwk];
});
afterAll(() => server.stop());

async function checkOf(name: 'roles' | 'claims', over: Partial<IssuerConfig>, claims: Claims) {
  const config = configOf([oidcIssuer(server, over)]);
  const verifier = createVerifier({ config, clock, log });
  const bare = { roles: undefined, department: undefined };
  const text = await sign(
    key,
    personClaims(server.state.issuer, clock.now(), { ...bare, ...claims }),
  );
  const { checks } = await inspectToken(text, { verifier, purpose: { kind: 'bearer' } });
  return checks.find(({ check }) => check === name);
}
const literal = (claim: string, more: Partial<Source> = {}): Source => ({
  claim,
  map: null,
  ...more,
});
const path = (...names: string[]): Source => ({ claim: names.join('.'), path: names, map: null });

test.each<[string, Source, Claims, string, string]>([
  [
    'an object, where a list is meant',
    literal('roles'),
    { roles: { approver: true } },
    'fail',
    'shape: keys',
  ],
  [
    'an object around a list',
    literal('realm_access'),
    { realm_access: { roles: ['a'] } },
    'fail',
    'path: [realm_access, roles]',
  ],
  [
    'a nested claim, where one name is meant',
    literal('a.roles'),
    { a: { roles: ['x'] } },
    'pass',
    'path: [a, roles]',
  ],
  [
    'one name, where a path is meant',
    path('a', 'roles'),
    { 'a.roles': ['x'] },
    'pass',
    "path: ['a.roles']",
  ],
  ['a text with blanks', literal('roles'), { roles: 'approver reader' }, 'pass', 'shape: blanks'],
  ['a text with commas', literal('roles'), { roles: 'approver,reader' }, 'pass', 'shape: commas'],
  ['a JSON list in a text', literal('roles'), { roles: '["approver"]' }, 'pass', 'shape: json'],
  [
    'a list, where a text is to be split',
    literal('roles', { shape: 'blanks' }),
    { roles: ['a'] },
    'fail',
    'shape: list',
  ],
  [
    'a text, where keys are meant',
    literal('roles', { shape: 'keys' }),
    { roles: 'a' },
    'fail',
    'shape: list',
  ],
  [
    'commas, where blanks split',
    literal('roles', { shape: 'blanks' }),
    { roles: 'a,b' },
    'pass',
    'shape: commas',
  ],
])('says what to write for %s', async (_name, source, claims, result, change) => {
  const check = await checkOf('roles', { roles: [source] }, claims);
  expect(check).toMatchObject({ result, change: expect.stringContaining(change) });
});

test.each<[string, Source, Claims]>([
  ['the configured shape', literal('roles'), { roles: ['approver'] }],
  ['one role as a text', literal('roles'), { roles: 'approver' }],
  ['a missing claim', literal('roles'), {}],
  ['null', literal('roles'), { roles: null }],
  [
    'a mapped text with a blank',
    literal('roles', { map: { 'Security Lead': ['x'] } }),
    { roles: 'Security Lead' },
  ],
  ['keys where they are meant', literal('roles', { shape: 'keys' }), { roles: { a: true } }],
  ['words where blanks split', literal('roles', { shape: 'blanks' }), { roles: 'a b' }],
])('says nothing about %s', async (_name, source, claims) => {
  const check = await checkOf('roles', { roles: [source] }, claims);
  expect(check).toMatchObject({ result: 'pass' });
  expect(check).not.toHaveProperty('change');
});

test('says where a path leads through a text', async () => {
  const check = await checkOf('roles', { roles: [path('a', 'roles')] }, { a: 'x' });
  expect(check).toMatchObject({
    result: 'fail',
    code: 'token_claim_invalid',
    found: 'a.roles is not reached: no object on the path',
  });
});

test.each<[Claims, string]>([
  [{ department: { name: 'Payments' } }, 'department is an object'],
  [{ department: [1] }, 'department is a list of other values than texts'],
  [{ department: null }, 'department is null'],
])('says that rules cannot read %j', async (claims, change) => {
  const check = await checkOf('claims', {}, claims);
  expect(check).toMatchObject({ result: 'pass', change: expect.stringContaining(change) });
});

test('says nothing about claims that rules can read', async () => {
  const check = await checkOf('claims', {}, { department: ['Payments'] });
  expect(check).toMatchObject({ result: 'pass', found: expect.stringContaining('department') });
  expect(check).not.toHaveProperty('change');
});
